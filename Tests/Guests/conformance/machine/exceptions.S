// ECALL, EBREAK, jumps to odd and two-byte targets, instruction lengths in epc (Priv 3.3.1; Unpriv 2.5).
#include "conformance.h"

.globl main
main:
    CASE    2
    TRAP    CAUSE_CALL_MACHINE, ecall
    EXPECT_ZERO s9
    CASE    3                   // mtval is zero or the address
    TRAP    CAUSE_BREAKPOINT, ebreak
    beqz    s9, 1f
    EXPECT_SAME s9, s8
1:  TRAP    CAUSE_BREAKPOINT, c.ebreak
    beqz    s9, 1f
    EXPECT_SAME s9, s8
1:  CASE    4
    TO_SUPERVISOR
    TRAP    CAUSE_CALL_SUPERVISOR, ecall
    TRAP    CAUSE_BREAKPOINT, ebreak
    TO_MACHINE
    CASE    5
    TO_USER
    TRAP    CAUSE_CALL_USER, ecall
    TRAP    CAUSE_BREAKPOINT, ebreak
    TO_MACHINE
    CASE    6                   // an exception at a two-byte boundary
    .balign 4
    c.nop
    TRAP    CAUSE_CALL_MACHINE, ecall
    andi    t0, s8, 1
    EXPECT_ZERO t0

    .option push
    .option norvc
    CASE    7                   // jalr drops bit 0 and reaches two-byte targets
    li      t1, 0
    la      t0, 1f
    jalr    t1, t0, 2
1:  .option rvc
    c.j     2f
    c.j     3f
    .option norvc
2:  j       fail
3:  la      t2, 1b
    EXPECT_SAME t1, t2
    CASE    8
    la      t0, 1f
    jalr    t1, t0, 1
1:  j       1f
    j       fail
1:  CASE    9
    la      t0, 1f
    jalr    t1, t0, 3
1:  .option rvc
    c.j     2f
    c.j     3f
    .option norvc
2:  j       fail
3:
    .option pop

    CASE    10                  // rd and rs1 the same: the old value is the target
    la      t0, 1f
    jalr    t0, 0(t0)
2:  j       fail
1:  la      t1, 2b
    EXPECT_SAME t0, t1
    CASE    11                  // no trigger exists, or it can be told from its type
    li      t0, 1 << 63
#ifndef QEMU
    csrw    tselect, t0
    csrr    t1, tselect
    csrr    t2, tdata1
    srli    t2, t2, 60
    EXPECT_ZERO t2
    csrw    tdata1, t0
    csrw    tdata2, t0
#endif
    PASS
