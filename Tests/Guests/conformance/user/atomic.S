// AMOs of both widths, LR and SC, with every ordering (Unpriv, A).
#include "user.h"

.macro AMO operation, memory, operand, result
    la      a0, cell
    li      t1, \memory
    sd      t1, 0(a0)
    li      t2, \operand
    \operation\().d t0, t2, (a0)
    EXPECT_SAME t0, t1
    ld      t0, 0(a0)
    EXPECT  t0, \result
    li      t2, \operand
    sd      t1, 0(a0)
    \operation\().d.aqrl t2, t2, (a0)   // the destination is the operand
    EXPECT_SAME t2, t1
    ld      t0, 0(a0)
    EXPECT  t0, \result
.endm

// The upper half of the doubleword must stay; the result is sign-extended; only 32 bits of the operand count.
.macro AMO_WORD operation, memory, operand, result
    la      a0, cell
    li      t1, 0x5a5a5a5a00000000 | (\memory)
    sd      t1, 0(a0)
    li      t2, 0x7777777700000000 | (\operand)
    \operation\().w t0, t2, (a0)
    sext.w  t1, t1
    EXPECT_SAME t0, t1
    ld      t0, 0(a0)
    EXPECT  t0, 0x5a5a5a5a00000000 | (\result)
.endm

.globl user_main
user_main:
    CASE    2
    AMO     amoswap, 1, 2, 2
    AMO     amoadd, 0x7fffffffffffffff, 1, 0x8000000000000000
    AMO     amoxor, 0xff00ff00ff00ff00, 0x0ff00ff00ff00ff0, 0xf0f0f0f0f0f0f0f0
    AMO     amoand, 0xff00ff00ff00ff00, 0x0ff00ff00ff00ff0, 0x0f000f000f000f00
    AMO     amoor, 0xff00ff00ff00ff00, 0x0ff00ff00ff00ff0, 0xfff0fff0fff0fff0
    CASE    3
    AMO     amomin, -1, 1, -1
    AMO     amomin, 5, -3, -3
    AMO     amomax, -1, 1, 1
    AMO     amomax, 5, -3, 5
    AMO     amominu, -1, 1, 1
    AMO     amominu, 5, -3, 5
    AMO     amomaxu, -1, 1, -1
    AMO     amomaxu, 5, -3, -3
    AMO     amomax, 4, 4, 4
    CASE    4
    AMO_WORD amoswap, 0x80000001, 2, 2
    AMO_WORD amoadd, 0xffffffff, 1, 0
    AMO_WORD amoadd, 0x7fffffff, 1, 0x80000000
    AMO_WORD amoxor, 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0
    AMO_WORD amoand, 0xff00ff00, 0x0ff00ff0, 0x0f000f00
    AMO_WORD amoor, 0xff00ff00, 0x0ff00ff0, 0xfff0fff0
    CASE    5
    AMO_WORD amomin, 0xffffffff, 1, 0xffffffff
    AMO_WORD amomin, 0x80000000, 0x7fffffff, 0x80000000
    AMO_WORD amomax, 0x80000000, 0x7fffffff, 0x7fffffff
    AMO_WORD amominu, 0x80000000, 0x7fffffff, 0x7fffffff
    AMO_WORD amomaxu, 0x80000000, 0x7fffffff, 0x80000000
    CASE    6                   // the destination is x0; the address is the operand
    la      a0, cell
    li      t0, 5
    sd      t0, 0(a0)
    amoadd.d zero, t0, (a0)
    ld      t1, 0(a0)
    EXPECT  t1, 10
    mv      t1, a0
    amoswap.d t0, t1, (t1)
    ld      t1, 0(a0)
    EXPECT_SAME t1, a0
    CASE    7                   // the destination is the address
    mv      t1, a0
    li      t0, 3
    sd      t0, 0(a0)
    amoadd.d t1, t0, (t1)
    EXPECT  t1, 3
    ld      t1, 0(a0)
    EXPECT  t1, 6

    CASE    8                   // LR and SC, until it succeeds: an interrupt may come between
    li      t0, 0x80000000
    sw      t0, 0(a0)
1:  lr.w    t1, (a0)
    addi    t2, t1, 1
    sc.w    t3, t2, (a0)
    bnez    t3, 1b
    EXPECT  t1, 0xffffffff80000000
    lw      t1, 0(a0)
    EXPECT  t1, 0xffffffff80000001
    CASE    9
    li      t0, 0x8000000000000000
    sd      t0, 0(a0)
1:  lr.d.aqrl t1, (a0)
    addi    t2, t1, -1
    sc.d.aqrl t3, t2, (a0)
    bnez    t3, 1b
    EXPECT_SAME t1, t0
    ld      t1, 0(a0)
    EXPECT  t1, 0x7fffffffffffffff
    CASE    10                  // a second SC fails and stores nothing; failure is 1
    sc.d    t3, zero, (a0)
    EXPECT  t3, 1
    ld      t1, 0(a0)
    EXPECT  t1, 0x7fffffffffffffff
    CASE    11                  // the result goes to the source's register
1:  lr.d    t1, (a0)
    li      t2, 42
    sc.d    t2, t2, (a0)
    bnez    t2, 1b
    ld      t1, 0(a0)
    EXPECT  t1, 42
    CASE    12                  // an SC far from the reservation fails
    la      a1, far
    lr.d    t1, (a0)
    sc.d    t2, zero, (a1)
    EXPECT  t2, 1
    ld      t1, 0(a1)
    EXPECT  t1, 1234
    PASS

.data
.balign 64
cell:
    .dword  0
.balign 4096
far:
    .dword  1234
