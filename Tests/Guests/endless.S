# Counts for ever, leaving every count on one of 16 pages in turn: a guest that is always caught in mid-work.
.section .text.start, "ax"
.globl _start
_start:
    csrr    t0, mhartid
    bnez    t0, park
    la      s0, pages
    li      s1, 0                       # the count
    li      s3, 0xf000                  # the page's offset: bits 6..9 of the count, moved up
count:
    addi    s1, s1, 1
    slli    t1, s1, 6
    and     t1, t1, s3
    add     t1, s0, t1
    sd      s1, 0(t1)
    j       count
park:
    wfi
    j       park

.bss
.balign 4096
pages:
    .skip   16 * 4096
