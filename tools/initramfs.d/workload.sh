#!/bin/sh
# Steady compute after the boot: 12.7 G instructions with it. Twenty times 4 MiB of random bytes are made and hashed;
# the last are compressed. (Compressing each of them as well would make it 31 G.)
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t tmpfs tmp /tmp
echo "PALIMPSEST-BOOT-OK $(uname -s -r -m)"
for round in $(seq 1 20); do
  dd if=/dev/urandom of=/tmp/data bs=1M count=4 2>/dev/null
  echo "PALIMPSEST-WORKLOAD $round of 20: $(sha256sum /tmp/data)"
done
gzip -c /tmp/data >/tmp/data.gz
echo "PALIMPSEST-WORKLOAD-DONE $(wc -c </tmp/data.gz) bytes compressed"
stty -F /dev/console sane
poweroff -f
