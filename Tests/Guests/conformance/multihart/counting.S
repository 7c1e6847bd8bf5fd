// HARTS harts add to shared counters with LR/SC, AMOs and under a lock; no addition may be lost (Unpriv, A).
#include "conformance.h"

#define ROUNDS 1000

.macro BARRIER number
    la      t0, barriers + \number * 8
    li      t1, 1
    amoadd.d.aqrl zero, t1, (t0)
.Lwait\@:
    ld      t1, 0(t0)
    li      t2, HARTS
    bltu    t1, t2, .Lwait\@
    fence
.endm

.globl main, other_hart
main:
other_hart:
    BARRIER 0
    li      s0, ROUNDS
    la      s1, counters
    la      s2, lock
1:  // LR/SC, words and doublewords
    lr.w    t0, (s1)
    addi    t0, t0, 1
    sc.w    t1, t0, (s1)
    bnez    t1, 1b
    addi    s3, s1, 64
2:  lr.d.aq t0, (s3)
    addi    t0, t0, 3
    sc.d.rl t1, t0, (s3)
    bnez    t1, 2b
    addi    s3, s1, 128
    li      t0, 5
    amoadd.d zero, t0, (s3)
    addi    s3, s1, 192
    li      t0, 7
    amoadd.w zero, t0, (s3)
    // a lock around a plain counter
3:  li      t0, 1
    amoswap.w.aq t0, t0, (s2)
    bnez    t0, 3b
    ld      t0, 256(s1)
    nop
    addi    t0, t0, 1
    sd      t0, 256(s1)
    amoswap.w.rl zero, zero, (s2)
    addi    s0, s0, -1
    bnez    s0, 1b
    BARRIER 1
    csrr    t0, mhartid
    beqz    t0, 1f
park:
    wfi
    j       park
1:  CASE    2
    lw      a0, 0(s1)
    EXPECT  a0, HARTS * ROUNDS
    CASE    3
    ld      a0, 64(s1)
    EXPECT  a0, HARTS * ROUNDS * 3
    CASE    4
    ld      a0, 128(s1)
    EXPECT  a0, HARTS * ROUNDS * 5
    CASE    5
    lw      a0, 192(s1)
    EXPECT  a0, HARTS * ROUNDS * 7
    CASE    6
    ld      a0, 256(s1)
    EXPECT  a0, HARTS * ROUNDS
    PASS

.data
.balign 64
barriers:
    .dword  0, 0
.balign 64
lock:
    .dword  0
.balign 64
counters:
    .space  320
