# Prints a rising number of eight hexadecimal digits, a line each, for ever, and keeps it in memory: what it says can be
# compared with what it was.
.section .text.start, "ax"
.globl _start
_start:
    csrr    t0, mhartid
    bnez    t0, park
    li      s0, 0x10000000
    la      s2, number
    li      s1, 0
line:
    addi    s1, s1, 1
    sd      s1, 0(s2)
    li      t1, 28                      # the digit's place
digit:
    srl     a0, s1, t1
    andi    a0, a0, 15
    li      t2, 10
    addi    a1, a0, '0'
    blt     a0, t2, put
    addi    a1, a0, 'a' - 10
put:
    sb      a1, 0(s0)
    addi    t1, t1, -4
    bgez    t1, digit
    li      a1, '\n'
    sb      a1, 0(s0)
    li      t0, 50000
pace:
    addi    t0, t0, -1
    bnez    t0, pace
    j       line
park:
    wfi
    j       park

.bss
.balign 4096
number:
    .skip   4096
