// Sstc: stimecmp, menvcfg.STCE, who may use it, and STIP (Sstc 1.0).
#include "conformance.h"
#define STCE_BIT 63

.globl main
main:
    CASE    2                   // without STCE, S-mode has no stimecmp and STIP is M-mode's to write
    csrw    menvcfg, zero
    li      t0, 7
    csrw    mcounteren, t0
    li      t0, 1 << 5
    csrw    mip, t0
    csrr    t1, mip
    EXPECT  t1, 1 << 5
    csrw    mip, zero
    csrr    t1, mip
    EXPECT_ZERO t1
    TO_SUPERVISOR
    TRAP    CAUSE_ILLEGAL, csrr t0, stimecmp
    TRAP    CAUSE_ILLEGAL, csrw stimecmp, t0
    TO_MACHINE
    CASE    3                   // menvcfg keeps STCE
    li      t0, -1
    csrw    stimecmp, t0
    li      t0, 1 << STCE_BIT
    csrw    menvcfg, t0
    csrr    t1, menvcfg
    EXPECT_SAME t0, t1
    csrr    t1, mip
    EXPECT_ZERO t1
    CASE    4                   // STIP follows stimecmp, and mip does not write it
    csrw    stimecmp, zero
    csrr    t1, mip
    EXPECT  t1, 1 << 5
    csrw    mip, zero
    csrr    t1, mip
    EXPECT  t1, 1 << 5
    li      t0, -1
    csrw    stimecmp, t0
    csrr    t1, mip
    EXPECT_ZERO t1
    li      t0, 1 << 5
    csrw    mip, t0
    csrr    t1, mip
    EXPECT_ZERO t1
    CASE    5                   // S-mode needs mcounteren.TM
    TO_SUPERVISOR
    csrr    t0, stimecmp
    EXPECT  t0, -1
    TO_MACHINE
    li      t0, 5
    csrw    mcounteren, t0
    TO_SUPERVISOR
    TRAP    CAUSE_ILLEGAL, csrr t0, stimecmp
    TO_MACHINE
    li      t0, 2
    csrw    mcounteren, t0
    CASE    6                   // U-mode never
    TO_USER
    TRAP    CAUSE_ILLEGAL, csrr t0, stimecmp
    TO_MACHINE
    CASE    7                   // a timer interrupt in S-mode, and WFI until it comes
    li      t0, 0x222
    csrw    mideleg, t0
    TO_SUPERVISOR
    li      t0, 1 << 5
    csrw    sie, t0
    csrr    t0, time
    addi    t0, t0, 1000
    csrw    stimecmp, t0
    csrr    t1, sip
    EXPECT_ZERO t1
    csrsi   sstatus, MSTATUS_SIE
    li      s11, INTERRUPT | 5
    la      s10, 2f
1:  wfi
    j       1b
2:  EXPECT  s6, 1
    csrr    t1, time
    bgeu    t1, t0, 1f
    j       fail
1:  csrr    t1, sip
    EXPECT  t1, 1 << 5
    csrw    sip, zero           // not writable from S-mode
    csrr    t1, sip
    EXPECT  t1, 1 << 5
    li      t0, -1
    csrw    stimecmp, t0
    csrr    t1, sip
    EXPECT_ZERO t1
    CASE    8                   // a busy loop is interrupted too
    li      t0, 1 << 5
    csrw    sie, t0
    csrr    t0, time
    addi    t0, t0, 500
    csrw    stimecmp, t0
    csrsi   sstatus, MSTATUS_SIE
    li      s11, INTERRUPT | 5
    la      s10, 2f
1:  j       1b
2:  li      t0, -1
    csrw    stimecmp, t0
    csrci   sstatus, MSTATUS_SIE
    CASE    9                   // equality is enough
    csrr    t0, time
    csrw    stimecmp, t0
    csrr    t1, sip
    EXPECT  t1, 1 << 5
    li      t0, -1
    csrw    stimecmp, t0
    TO_MACHINE
    PASS
