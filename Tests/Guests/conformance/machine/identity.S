// misa, the identification registers, and what reset leaves.
#include "conformance.h"
.globl main
main:
    CASE    2
    csrr    a0, misa
    srli    t0, a0, 62
    EXPECT  t0, 2
    CASE    3                   // A C D F I M S U, and nothing we do not have
    li      t0, 0x3ffffff
    and     a0, a0, t0
    EXPECT  a0, 0x14112d
    CASE    4                   // writing it is allowed, and may do nothing
    csrr    a0, misa
    csrw    misa, a0
    csrr    a1, misa
    EXPECT_SAME a0, a1
    CASE    5
    csrr    a0, mhartid
    EXPECT_ZERO a0
    csrr    a0, mvendorid
    csrr    a0, marchid
    csrr    a0, mimpid
    csrr    a0, 0xf15
    CASE    6                   // no interrupt is enabled, no memory is translated
    csrr    a0, mie
    EXPECT_ZERO a0
    csrr    a0, satp
    EXPECT_ZERO a0
    PASS
