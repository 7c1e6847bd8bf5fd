#!/bin/sh
# A small visible workload for tools/demo: a marker line a step, so that any moment can be found again on the console.
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t tmpfs tmp /tmp
step() { echo "PALIMPSEST-STEP $*"; }

echo "PALIMPSEST-BOOT-OK $(uname -s -r -m)"
# The address that tools/demo asks the page history for: the kernel's tick counter.
step "1: where the kernel counts its ticks"
grep -E ' jiffies(_64)?$' /proc/kallsyms

step "2: writing 16 files"
mkdir /tmp/files
for i in $(seq 1 16); do
  seq 1 $((i * 500)) >/tmp/files/$i.txt
done
step "2: written, $(cat /tmp/files/*.txt | wc -c) bytes"

step "3: hashing them"
for i in 1 8 16; do
  sha256sum /tmp/files/$i.txt
done

step "4: compressing them"
cat /tmp/files/*.txt >/tmp/all.txt
gzip -c /tmp/all.txt >/tmp/all.txt.gz
step "4: $(wc -c </tmp/all.txt) bytes became $(wc -c </tmp/all.txt.gz)"

step "5: forking 12 processes"
for i in $(seq 1 12); do
  (seq 1 2000 | sort -r | sha256sum | cut -c1-16 >/tmp/worker.$i) &
done
wait
step "5: $(sort -u /tmp/worker.* | wc -l) distinct result from $(ls /tmp/worker.* | wc -l) processes: $(cat /tmp/worker.1)"

step "6: overwriting the files"
for i in $(seq 1 16); do
  echo "written over" >/tmp/files/$i.txt
done
step "6: $(cat /tmp/files/*.txt | sort | uniq -c)"
echo "PALIMPSEST-DEMO-DONE"
stty -F /dev/console sane
poweroff -f
