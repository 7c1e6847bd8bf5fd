# Two harts draw numbers from one counter and note them each on pages of its own, so that what the pages hold tells how
# the harts took turns. Hart 0 checks that no number was drawn twice or left out, and passes.
# Test 1: the numbers drawn do not add up.
.equ draws, 100000
.section .text.start, "ax"
.globl _start
_start:
    csrr    s0, mhartid
    la      s1, counter
    la      s2, notes
    slli    t0, s0, 13
    add     s2, s2, t0
    li      s3, draws
    li      s4, 0                       # the sum of what this hart drew
draw:
    li      t1, 1
    amoadd.d t2, t1, (s1)
    add     s4, s4, t2
    andi    t3, t2, 1023
    slli    t3, t3, 3
    add     t3, t3, s2
    sd      t2, 0(t3)
    addi    s3, s3, -1
    bnez    s3, draw

    addi    t0, s1, 8
    amoadd.d zero, s4, (t0)             # the sum of all
    addi    t0, s1, 16
    li      t1, 1
    amoadd.d zero, t1, (t0)             # harts that are done
    bnez    s0, park
    li      t2, 2
wait:
    ld      t1, 0(t0)
    bne     t1, t2, wait
    ld      t1, 8(s1)
    li      t2, draws * 2
    addi    t3, t2, -1
    mul     t2, t2, t3
    srli    t2, t2, 1
    li      a0, 1
    beq     t1, t2, finish
    li      a0, (1 << 1) | 1
finish:
    la      t0, tohost
    sd      a0, 0(t0)
park:
    wfi
    j       park

.section .tohost, "aw"
.globl tohost, fromhost
.type tohost, @object
.type fromhost, @object
.balign 64
tohost:
    .dword  0
.size tohost, 8
.balign 64
fromhost:
    .dword  0
.size fromhost, 8

.bss
.balign 4096
notes:
    .skip   4 * 4096
counter:
    .skip   4096
