// Misaligned loads and stores are done natively, at every offset, across lines and pages; misaligned atomics trap.
#include "conformance.h"

// At \offset from a0: a byte pattern that starts at 1 is expected to be read back by every width.
.macro LOADS offset
    lh      t0, \offset(a0)
    lhu     t1, \offset(a0)
    lw      t2, \offset(a0)
    lwu     t3, \offset(a0)
    ld      t4, \offset(a0)
    slli    t5, t4, 48
    srai    t5, t5, 48
    EXPECT_SAME t0, t5
    slli    t5, t4, 48
    srli    t5, t5, 48
    EXPECT_SAME t1, t5
    sext.w  t5, t4
    EXPECT_SAME t2, t5
    slli    t5, t4, 32
    srli    t5, t5, 32
    EXPECT_SAME t3, t5
    li      t5, 0
    .irp    byte, 7, 6, 5, 4, 3, 2, 1, 0
    slli    t5, t5, 8
    lbu     t0, \offset + \byte(a0)
    or      t5, t5, t0
    .endr
    EXPECT_SAME t4, t5
    flw     f0, \offset(a0)
    fmv.x.w t0, f0
    EXPECT_SAME t0, t2
    fld     f0, \offset(a0)
    fmv.x.d t0, f0
    EXPECT_SAME t0, t4
.endm

.macro STORES offset
    li      t0, 0x1122334455667788
    ld      t1, \offset(a0)
    sd      t0, \offset(a0)
    ld      t2, \offset(a0)
    EXPECT_SAME t0, t2
    li      t0, 0xaabbccdd
    sw      t0, \offset(a0)
    ld      t2, \offset(a0)
    EXPECT  t2, 0x11223344aabbccdd
    li      t0, 0xeeff
    sh      t0, \offset(a0)
    ld      t2, \offset(a0)
    EXPECT  t2, 0x11223344aabbeeff
    fmv.d.x f0, t1
    fsw     f0, \offset(a0)
    fsd     f0, \offset(a0)
    ld      t2, \offset(a0)
    EXPECT_SAME t1, t2
.endm

.macro EVERY_OFFSET what
    .irp    offset, 0, 1, 2, 3, 4, 5, 6, 7, 8
    \what   \offset
    .endr
.endm

.macro EVERYWHERE first
    CASE    \first
    la      a0, page
    EVERY_OFFSET LOADS
    EVERY_OFFSET STORES
    CASE    \first + 1          // across a 64-byte line
    la      a0, page + 60
    EVERY_OFFSET LOADS
    EVERY_OFFSET STORES
    CASE    \first + 2          // across a page
    la      a0, page + 4092
    EVERY_OFFSET LOADS
    EVERY_OFFSET STORES
.endm

.globl main
main:
    la      t0, page            // bytes 1, 2, 3 …
    li      t1, 8192
    li      t2, 1
1:  sb      t2, 0(t0)
    addi    t0, t0, 1
    addi    t2, t2, 1
    addi    t1, t1, -1
    bnez    t1, 1b
    EVERYWHERE 2
    CASE    8                   // misaligned LR, SC and AMO
    la      a0, page
    .irp    offset, 1, 2, 3
    addi    a1, a0, \offset
    TRAP    CAUSE_LOAD_MISALIGNED, lr.w t0, (a1)
    EXPECT_SAME s9, a1
    TRAP    CAUSE_STORE_MISALIGNED, amoswap.w t0, t1, (a1)
    EXPECT_SAME s9, a1
    TRAP    CAUSE_STORE_MISALIGNED, amomin.w t0, t1, (a1)
    .endr
    .irp    offset, 1, 2, 3, 4, 5, 6, 7
    addi    a1, a0, \offset
    TRAP    CAUSE_LOAD_MISALIGNED, lr.d t0, (a1)
    TRAP    CAUSE_STORE_MISALIGNED, amoadd.d t0, t1, (a1)
    EXPECT_SAME s9, a1
    .endr
#ifndef QEMU
    CASE    9                   // QEMU 7.2 fails an SC without a reservation before it looks at the address
    lr.w    t0, (a0)
    addi    a1, a0, 2
    TRAP    CAUSE_STORE_MISALIGNED, sc.w t0, t1, (a1)
    EXPECT_SAME s9, a1
#endif
    CASE    10                  // a word at a four-byte boundary is aligned
    addi    a1, a0, 4
    amoadd.w t0, zero, (a1)
    lr.w    t0, (a1)
    sc.w    t1, t0, (a1)
    EXPECT_ZERO t1
    TO_USER
    EVERYWHERE 12
    TO_MACHINE
    PASS

.bss
.balign 4096
page:
    .space  8192 + 64
