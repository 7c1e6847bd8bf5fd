// Loads and stores of every width, sign extension, offsets, and a store read back by another width.
#include "user.h"

.macro LOAD operation, result, offset
    la      t0, data
    \operation t1, \offset(t0)
    EXPECT  t1, \result
    la      t0, data + 2000
    \operation t1, \offset - 2000(t0)
    EXPECT  t1, \result
    la      t0, data
    \operation t0, \offset(t0)
    EXPECT  t0, \result
.endm

.globl user_main
user_main:
    CASE    2
    LOAD    lb, 0xffffffffffffffff, 0
    LOAD    lb, 0x00, 1
    LOAD    lb, 0xfffffffffffffff0, 2
    LOAD    lb, 0x0f, 3
    LOAD    lbu, 0xff, 0
    LOAD    lbu, 0xf0, 2
    CASE    3
    LOAD    lh, 0xff, 0
    LOAD    lh, 0x0ff0, 2
    LOAD    lh, 0xfffffffffffff00f, 4
    LOAD    lhu, 0xf00f, 4
    CASE    4
    LOAD    lw, 0x0ff000ff, 0
    LOAD    lw, 0xfffffffff00ff00f, 4
    LOAD    lwu, 0xf00ff00f, 4
    CASE    5
    LOAD    ld, 0xf00ff00f0ff000ff, 0
    LOAD    ld, 0x8000000000000001, 8
    CASE    6                   // a load to x0 is done and forgotten
    la      t0, data
    ld      zero, 0(t0)
    EXPECT_ZERO zero

    CASE    7
    la      t0, space
    li      t1, 0x0123456789abcdef
    sd      t1, 0(t0)
    ld      t2, 0(t0)
    EXPECT_SAME t1, t2
    li      t1, 0x5a
    sb      t1, 3(t0)
    ld      t2, 0(t0)
    EXPECT  t2, 0x012345675aabcdef
    li      t1, 0xffff7777
    sh      t1, 4(t0)
    ld      t2, 0(t0)
    EXPECT  t2, 0x012377775aabcdef
    li      t1, 0xcccccccc11223344
    sw      t1, 0(t0)
    ld      t2, 0(t0)
    EXPECT  t2, 0x0123777711223344
    CASE    8                   // negative offsets
    la      t0, space + 2047
    li      t1, -1
    sb      t1, -2047(t0)
    lbu     t2, -2047(t0)
    EXPECT  t2, 0xff
    sd      t1, 1(t0)
    la      t0, space + 2048
    ld      t2, 0(t0)
    EXPECT  t2, -1
    CASE    9                   // many pages: written, then read back
    la      t0, pages
    li      t1, 24
    li      t2, 0x1234567
1:  sd      t2, 0(t0)
    sd      t2, 2040(t0)
    addi    t2, t2, 77
    li      t3, 4096
    add     t0, t0, t3
    addi    t1, t1, -1
    bnez    t1, 1b
    la      t0, pages
    li      t1, 24
    li      t2, 0x1234567
1:  ld      t4, 0(t0)
    EXPECT_SAME t4, t2
    ld      t4, 2040(t0)
    EXPECT_SAME t4, t2
    ld      t4, 8(t0)
    EXPECT_ZERO t4
    addi    t2, t2, 77
    li      t3, 4096
    add     t0, t0, t3
    addi    t1, t1, -1
    bnez    t1, 1b
    CASE    10                  // copied backwards across page ends, eight bytes at a misaligned address each
    la      t0, pages + 4096 * 2 - 3
    la      t1, pages + 4096 * 7 - 5
    ld      t2, 0(t0)
    sd      t2, 0(t1)
    ld      t3, 0(t1)
    EXPECT_SAME t2, t3
    lbu     t3, 3(t1)
    lbu     t4, 3(t0)
    EXPECT_SAME t3, t4
    PASS

.data
.balign 8
data:
    .dword  0xf00ff00f0ff000ff, 0x8000000000000001
space:
    .space  4096
.balign 4096
pages:
    .space  24 * 4096
