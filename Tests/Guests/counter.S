# Counts to 1,000,000, leaving every 64th value on one of 16 pages in turn, checks what the pages hold, and passes.
# Test 1: a page does not hold the last count written to it.
.section .text.start, "ax"
.globl _start
_start:
    csrr    t0, mhartid
    bnez    t0, park
    la      s0, pages
    li      s1, 0                       # the count
    li      s2, 1000000
    li      s3, 0xf000                  # the page's offset: bits 6..9 of the count, moved up
count:
    addi    s1, s1, 1
    andi    t0, s1, 63
    bnez    t0, next
    slli    t1, s1, 6
    and     t1, t1, s3
    add     t1, s0, t1
    sd      s1, 0(t1)
next:
    bne     s1, s2, count

# The last 16 multiples of 64 lie one on each page; go back through them.
    andi    s1, s2, -64
    li      s4, 16
check:
    slli    t1, s1, 6
    and     t1, t1, s3
    add     t1, s0, t1
    ld      t2, 0(t1)
    bne     t2, s1, fail
    addi    s1, s1, -64
    addi    s4, s4, -1
    bnez    s4, check
    li      a0, 1
    j       finish
fail:
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
pages:
    .skip   16 * 4096
