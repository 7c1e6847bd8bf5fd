# Fails as test 7, so that the way from tohost to the exit status can be checked.
.section .text.start, "ax"
.globl _start
_start:
    csrr    t0, mhartid
    bnez    t0, park
    li      a0, (7 << 1) | 1
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
