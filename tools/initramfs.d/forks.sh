#!/bin/sh
# A guest that lives on fork and exit: 1,000 processes one after the other, each of which runs a program.
mount -t devtmpfs dev /dev
mount -t proc proc /proc
echo "PALIMPSEST-BOOT-OK $(uname -s -r -m)"
for i in $(seq 1 1000); do
  cat /dev/null
done
echo "PALIMPSEST-FORKS-DONE"
stty -F /dev/console sane
poweroff -f
