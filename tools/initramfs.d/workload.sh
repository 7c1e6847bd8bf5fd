#!/bin/sh
# Steady compute after the boot, 12.7 G instructions in all: hashing and compressing what cannot be compressed.
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t tmpfs tmp /tmp
echo "PALIMPSEST-BOOT-OK $(uname -s -r -m)"
for round in $(seq 1 20); do
  dd if=/dev/urandom of=/tmp/data bs=1M count=4 2>/dev/null
  sum=$(sha256sum /tmp/data | cut -c1-16)
  gzip -c /tmp/data >/tmp/data.gz
  echo "PALIMPSEST-WORKLOAD $round of 20: sha256 $sum, $(wc -c </tmp/data.gz) bytes compressed"
done
echo "PALIMPSEST-WORKLOAD-DONE"
stty -F /dev/console sane
poweroff -f
