# Asks for a reset and tells afterwards what it brought back: memory and registers as in the beginning, the clock going on.
#
# tohost: 1 when all is well; test 2 when memory kept what was written, test 3 when a register did.
    .section .text.start, "ax"
    .globl _start
_start:
    li      t0, 0x200bff8       # mtime
    ld      t1, 0(t0)
    li      t2, 2000            # 200 microseconds: reached only after the reset
    la      t3, touched
    bltu    t1, t2, first_life

    li      a0, (2 << 1) | 1
    ld      t4, 0(t3)
    bnez    t4, finish
    li      a0, (3 << 1) | 1
    csrr    t4, mscratch
    bnez    t4, finish
    li      a0, 1
finish:
    la      t5, tohost
    sd      a0, 0(t5)
1:  j       1b

first_life:
    sd      t0, 0(t3)
    csrw    mscratch, t0
2:  ld      t1, 0(t0)
    bltu    t1, t2, 2b
    li      t0, 0x100000
    li      t1, 0x7777
    sw      t1, 0(t0)
3:  j       3b

    .data
    .balign 8
touched:
    .dword 0
    .section .tohost, "aw", @progbits
    .balign 64
    .globl tohost
tohost:
    .dword 0
