// WFI: when it ends, and where it traps (Priv 3.3.3, 3.1.6.5).
#include "conformance.h"

#define MTIMECMP (CLINT + 0x4000)
#define MTIME    (CLINT + 0xbff8)

.globl main
main:
    li      a3, MTIME
    li      a4, MTIMECMP
    li      a5, -1
    CASE    2                   // pending and enabled: at once, though MIE is clear
    csrwi   mie, 2
    csrwi   mip, 2
    wfi
    csrw    mip, zero
    CASE    3                   // a timer ends it, and MIE being clear no trap follows
    li      t0, 1 << 7
    csrw    mie, t0
    ld      t1, 0(a3)
    li      t2, 2000
    add     t1, t1, t2
    sd      t1, 0(a4)
1:  wfi
    csrr    t2, mip
    andi    t2, t2, 1 << 7
    beqz    t2, 1b
    ld      t2, 0(a3)
    bgeu    t2, t1, 1f
    j       fail
1:  sd      a5, 0(a4)
    CASE    4                   // with MIE set the trap is taken on the instruction behind
    ld      t1, 0(a3)
    li      t2, 2000
    add     t1, t1, t2
    sd      t1, 0(a4)
    csrsi   mstatus, MSTATUS_MIE
    li      s11, INTERRUPT | 7
    la      s10, 2f
1:  wfi
    j       1b
2:  EXPECT  s11, -1
    csrci   mstatus, MSTATUS_MIE
    sd      a5, 0(a4)
    CASE    5                   // in S-mode, a delegated interrupt ends it though SIE is clear
    csrwi   mideleg, 2
    csrwi   mie, 2
    csrwi   mip, 2
    TO_SUPERVISOR
    csrci   sstatus, MSTATUS_SIE
    wfi
    csrci   sip, 2
    csrsi   sip, 2
    wfi
    TO_MACHINE
    CASE    6                   // TW: in S-mode it traps, in M-mode it does not
    li      t0, MSTATUS_TW
    csrs    mstatus, t0
    wfi
    TO_SUPERVISOR
    TRAP    CAUSE_ILLEGAL, wfi
    EXPECT  s9, 0x10500073
    TO_MACHINE
    CASE    7                   // in U-mode it traps
    csrw    mip, zero
    li      t0, MSTATUS_TW
    csrc    mstatus, t0
    TO_USER
    TRAP    CAUSE_ILLEGAL, wfi
    TO_MACHINE
    csrw    mip, zero

    CASE    8                   // TVM: satp and SFENCE.VMA trap in S-mode only
    li      t0, MSTATUS_TVM
    csrs    mstatus, t0
    csrr    t1, satp
    csrw    satp, zero
    sfence.vma
    TO_SUPERVISOR
    TRAP    CAUSE_ILLEGAL, csrr t0, satp
    TRAP    CAUSE_ILLEGAL, csrw satp, zero
    TRAP    CAUSE_ILLEGAL, sfence.vma
    TRAP    CAUSE_ILLEGAL, sfence.vma t0, t1
    TO_MACHINE
    li      t0, MSTATUS_TVM
    csrc    mstatus, t0
    TO_SUPERVISOR
    csrr    t1, satp
    sfence.vma t0, t1
    TO_MACHINE
    CASE    9                   // TSR: SRET traps in S-mode only
    li      t0, MSTATUS_TSR
    csrs    mstatus, t0
    la      t1, 1f
    csrw    sepc, t1
    TO_SUPERVISOR
    TRAP    CAUSE_ILLEGAL, sret
    EXPECT  s9, 0x10200073
    TO_MACHINE
    li      t0, MSTATUS_SPP
    csrs    mstatus, t0
    sret
    j       fail
1:  csrr    t0, sstatus
    TO_MACHINE
    PASS
