# Dirties a page in every 2 MiB of 8 GiB, 4,096 of them a round of 10 million instructions, 60 rounds: every table of the
# nested page table's lowest level has one. Then it passes. For tools/bench; needs 9 GiB of guest memory, 64 MiB of the host's.
.equ PAGES, 4096
.equ ROUNDS, 60
.equ SPIN, (10000000 - PAGES * 4) / 2

.section .text.start, "ax"
.globl _start
_start:
    csrr    t0, mhartid
    bnez    t0, park
    li      s2, 2 << 20
    li      s3, ROUNDS
round:
    li      t0, SPIN
1:  addi    t0, t0, -1
    bnez    t0, 1b
    li      a0, 0x82000000
    li      t0, PAGES
2:  sd      s3, 0(a0)
    add     a0, a0, s2
    addi    t0, t0, -1
    bnez    t0, 2b
    addi    s3, s3, -1
    bnez    s3, round
    la      t0, tohost
    li      t1, 1
    sd      t1, 0(t0)
park:
    wfi
    j       park

.section .tohost, "aw"
.globl tohost
.type tohost, @object
.balign 64
tohost:
    .dword  0
