# Dirties 8,000 pages a round, a word each, in rounds of 10 million instructions: 60 rounds the same 8,000 pages, then 60
# rounds through 512 MiB, so that a page comes again after 16 rounds. Then it passes. For tools/bench; needs 640 MiB.
.equ PAGES, 8000
.equ ROUNDS, 60
.equ SPIN, (10000000 - PAGES * 5) / 2

.section .text.start, "ax"
.globl _start
_start:
    csrr    t0, mhartid
    bnez    t0, park
    li      s0, 0x82000000              # the first page
    li      s1, 0x82000000 + (512 << 20)
    li      s2, 4096
    li      s3, ROUNDS
    li      s4, 0                       # what is written: the round's number
again:
    addi    s4, s4, 1
    mv      a0, s0
    jal     round
    addi    s3, s3, -1
    bnez    s3, again
    li      s3, ROUNDS
onward:
    addi    s4, s4, 1
    jal     round
    bltu    a0, s1, stay
    mv      a0, s0
stay:
    addi    s3, s3, -1
    bnez    s3, onward
    la      t0, tohost
    li      t1, 1
    sd      t1, 0(t0)
park:
    wfi
    j       park

# Writes PAGES pages from a0 on, and passes the time before and after.
round:
    li      t0, SPIN / 2
1:  addi    t0, t0, -1
    bnez    t0, 1b
    li      t0, PAGES
2:  add     t1, a0, s4                  # no two pages alike
    sd      t1, 0(a0)
    add     a0, a0, s2
    addi    t0, t0, -1
    bnez    t0, 2b
    li      t0, SPIN / 2
3:  addi    t0, t0, -1
    bnez    t0, 3b
    ret

.section .tohost, "aw"
.globl tohost
.type tohost, @object
.balign 64
tohost:
    .dword  0
