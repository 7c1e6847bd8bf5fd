// medeleg and mideleg: who takes what (Priv 3.1.8, 3.1.9, 4.1.1, 4.1.3).
#include "conformance.h"

.globl main
main:
    li      t0, NOTHING
    mv      a0, t0
    la      a1, data
    CASE    2                   // without delegation M-mode takes what S and U raise
    TO_SUPERVISOR
    TRAP    CAUSE_BREAKPOINT, ebreak
    EXPECT  s6, 3
    TRAP    CAUSE_CALL_SUPERVISOR, ecall
    EXPECT  s6, 3
    EXPECT_ZERO s9
    TO_MACHINE

    CASE    3                   // ECALL from M cannot be delegated, nor can 10 and 14, which are reserved
    li      t0, -1
    csrw    medeleg, t0
    csrr    t1, medeleg
#ifndef QEMU
    li      t2, 1 << 11 | 1 << 10 | 1 << 14
    and     t1, t1, t2          // QEMU 7.2 stores bit 11
    EXPECT_ZERO t1
#endif
    CASE    4                   // the others can
    csrr    t1, medeleg
    li      t2, 0xb1fd
    and     t1, t1, t2
    EXPECT_SAME t1, t2
    li      t0, 0xb1ff          // ECALL from S stays, it leads back here
    csrw    medeleg, t0

    CASE    5                   // delegated exceptions of S-mode come to S-mode
    TO_SUPERVISOR
    TRAP    CAUSE_ILLEGAL, csrr t0, mstatus
    EXPECT  s6, 1
    TRAP    CAUSE_BREAKPOINT, ebreak
    EXPECT  s6, 1
    TRAP    CAUSE_LOAD_ACCESS, ld t0, 0(a0)
    EXPECT  s6, 1
    EXPECT_SAME s9, a0
    TRAP    CAUSE_STORE_ACCESS, sd t0, 0(a0)
    EXPECT  s6, 1
    TRAP_FETCH CAUSE_FETCH_ACCESS, a0
    EXPECT  s6, 1
    addi    t1, a1, 1
    TRAP    CAUSE_LOAD_MISALIGNED, lr.w t0, (t1)
    EXPECT  s6, 1
    TRAP    CAUSE_STORE_MISALIGNED, amoadd.d t0, t0, (t1)
    EXPECT  s6, 1
    CASE    6                   // sstatus.SPP says where from
    andi    t1, s7, MSTATUS_SPP
    EXPECT  t1, MSTATUS_SPP
    TO_MACHINE
    CASE    7
    TO_USER
    TRAP    CAUSE_CALL_USER, ecall
    EXPECT  s6, 1
    andi    t1, s7, MSTATUS_SPP
    EXPECT_ZERO t1
    TRAP    CAUSE_ILLEGAL, csrr t0, sstatus
    EXPECT  s6, 1
    TRAP    CAUSE_LOAD_ACCESS, ld t0, 0(a0)
    EXPECT  s6, 1
    TO_MACHINE
    CASE    8                   // never from M-mode to a lower one
    TRAP    CAUSE_ILLEGAL, csrr t0, 0x800
    EXPECT  s6, 3
    TRAP    CAUSE_LOAD_ACCESS, ld t0, 0(a0)
    EXPECT  s6, 3
    TRAP    CAUSE_CALL_MACHINE, ecall
    EXPECT  s6, 3
    CASE    9                   // one cause at a time
    li      t0, 1 << CAUSE_LOAD_ACCESS
    csrw    medeleg, t0
    TO_SUPERVISOR
    TRAP    CAUSE_LOAD_ACCESS, ld t0, 0(a0)
    EXPECT  s6, 1
    TRAP    CAUSE_STORE_ACCESS, sd t0, 0(a0)
    EXPECT  s6, 3
    TO_MACHINE
    csrw    medeleg, zero

    CASE    10                  // M's interrupts cannot be delegated
    li      t0, -1
    csrw    mideleg, t0
    csrr    t1, mideleg
    li      t2, 0x888
    and     t1, t1, t2
    EXPECT_ZERO t1
    CASE    11                  // sie and sip show and change only what is delegated
    li      t0, 0x020
    csrw    mideleg, t0
    li      t0, 0xaaa
    csrw    mie, t0
    csrr    t1, sie
    EXPECT  t1, 0x020
    csrw    sie, zero
    csrr    t1, mie
    EXPECT  t1, 0xa8a
    li      t0, -1
    csrw    sie, t0
    csrr    t1, mie
    EXPECT  t1, 0xaaa
    csrw    mie, zero
    li      t0, 0x222
    csrw    mip, t0
    csrr    t1, sip
    EXPECT  t1, 0x020
    csrw    sip, zero           // STIP is read-only in sip
    csrr    t1, mip
    EXPECT  t1, 0x222
    CASE    12                  // SSIP is writable in sip when delegated; SEIP is not
    li      t0, 0x222
    csrw    mideleg, t0
    csrw    sip, zero
    csrr    t1, sip
    EXPECT  t1, 0x220
    csrsi   sip, 2
    csrr    t1, mip
    EXPECT  t1, 0x222
    csrw    mip, zero

    CASE    13                  // a delegated interrupt is not taken in M-mode
    csrwi   mie, 2
    csrsi   mstatus, MSTATUS_MIE
    csrwi   mip, 2
    nop
    nop
    csrci   mstatus, MSTATUS_MIE
    CASE    14                  // nor in S-mode with SIE clear
    li      t0, MSTATUS_SIE
    csrc    mstatus, t0
    TO_SUPERVISOR
    nop
    nop
    CASE    15                  // but with SIE set
    INTERRUPTED 1, csrsi sstatus, MSTATUS_SIE
    EXPECT  s6, 1
    andi    t1, s7, MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP
    EXPECT  t1, MSTATUS_SPIE | MSTATUS_SPP
    csrr    t1, scause
    EXPECT  t1, INTERRUPT | 1
    csrci   sip, 2
    csrci   sstatus, MSTATUS_SIE
    TO_MACHINE
    CASE    16                  // in U-mode whatever SIE says
    csrwi   mie, 2
    csrwi   mip, 2
    li      s11, INTERRUPT | 1
    la      s10, 1f
    TO_USER
    j       fail
1:  EXPECT  s6, 1
    TO_MACHINE
    csrw    mip, zero
    CASE    17                  // one that is not delegated interrupts S-mode whatever MIE and SIE say
    csrw    mideleg, zero
    li      t0, 1 << 5
    csrw    mie, t0
    csrw    mip, t0
    li      s11, INTERRUPT | 5
    la      s10, 1f
    TO_SUPERVISOR
    j       fail
1:  TO_MACHINE
    EXPECT  s6, 3
    csrw    mip, zero

    // stvec, vectored.
    CASE    18
    li      t0, 0x222
    csrw    mideleg, t0
    csrw    mie, t0
    la      t0, vectors + 1
    csrrw   s5, stvec, t0
    csrr    t1, stvec
    EXPECT_SAME t0, t1
    TO_SUPERVISOR
    li      a2, -1
    csrsi   sip, 2
    csrsi   sstatus, MSTATUS_SIE
    nop
    nop
    EXPECT  a2, 1
    csrci   sip, 2
    csrci   sstatus, MSTATUS_SIE
    TO_MACHINE
    CASE    19
    li      t0, 1 << 9
    csrw    mip, t0
    csrw    mie, t0
    li      t0, MSTATUS_SPIE | MSTATUS_SPP
    csrs    mstatus, t0
    la      t0, 1f
    csrw    sepc, t0
    li      a2, -1
    sret
1:  nop
    EXPECT  a2, 9
    TO_MACHINE
    csrw    mip, zero
    csrw    stvec, s5
    PASS

.balign 256
.option push
.option norvc
vectors:
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
    j       entry_\n
    .endr
.option pop
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
entry_\n:
    li      a2, \n
    j       entered
    .endr
entered:
    csrw    sie, zero
    sret

.data
.balign 64
data:
    .dword  0, 0
