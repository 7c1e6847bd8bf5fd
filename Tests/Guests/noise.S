# Fills 64 pages with numbers that do not compress, for ever: a guest whose history grows fast.
.section .text.start, "ax"
.globl _start
_start:
    csrr    t0, mhartid
    bnez    t0, park
    li      s1, 88172645463325252       # xorshift64 (Marsaglia)
again:
    la      s0, pages
    li      s2, 64 * 512
fill:
    slli    t0, s1, 13
    xor     s1, s1, t0
    srli    t0, s1, 7
    xor     s1, s1, t0
    slli    t0, s1, 17
    xor     s1, s1, t0
    sd      s1, 0(s0)
    addi    s0, s0, 8
    addi    s2, s2, -1
    bnez    s2, fill
    j       again
park:
    wfi
    j       park

.bss
.balign 4096
pages:
    .skip   64 * 4096
