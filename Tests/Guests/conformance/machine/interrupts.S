// Interrupts in M-mode: CLINT and software, direct and vectored, enables, priority, mip's bits (Priv 3.1.6.1, 3.1.7, 3.1.9).
#include "conformance.h"

#define MSIP     CLINT
#define MTIMECMP (CLINT + 0x4000)
#define MTIME    (CLINT + 0xbff8)

.macro MACHINE_INTERRUPTS_ON
    csrsi   mstatus, MSTATUS_MIE
.endm
.macro MACHINE_INTERRUPTS_OFF
    csrci   mstatus, MSTATUS_MIE
.endm

// One pending and enabled interrupt through the vector table: a1 is the entry that was taken, a2 its mcause.
.macro VECTORED cause, setup:vararg
    li      a1, -1
    li      t0, 1 << \cause
    csrw    mie, t0
    MACHINE_INTERRUPTS_ON
    \setup
    nop
    nop
    nop
    li      t5, 1000
.Lwait\@:
    addi    t5, t5, -1
    bnez    t5, .Lwait\@
    MACHINE_INTERRUPTS_OFF
    EXPECT  a1, \cause
    EXPECT  a2, INTERRUPT | \cause
.endm

.globl main
main:
    csrw    mip, zero
    li      a3, MSIP
    li      a4, MTIMECMP
    li      a5, -1

    CASE    2                   // pending is visible before anything is enabled
    li      t0, 1
    sw      t0, 0(a3)
    csrr    a0, mip
    EXPECT  a0, 1 << 3
    lw      a0, 0(a3)
    EXPECT  a0, 1
    sw      zero, 0(a3)
    csrr    a0, mip
    EXPECT_ZERO a0
    CASE    3                   // only bit 0 of msip exists
    li      t0, -2
    sw      t0, 0(a3)
    lw      a0, 0(a3)
    EXPECT_ZERO a0

    CASE    4                   // software interrupt, direct
    li      t0, 1
    csrwi   mie, 8
    MACHINE_INTERRUPTS_ON
    INTERRUPTED 3, sw t0, 0(a3)
    EXPECT_ZERO s9
    li      t1, MSTATUS_MPIE | MSTATUS_MIE
    and     t1, t1, s7          // the handler ran with MIE clear and MPIE set
    EXPECT  t1, MSTATUS_MPIE
    csrr    t1, mstatus
    andi    t1, t1, MSTATUS_MIE
    EXPECT  t1, MSTATUS_MIE
    sw      zero, 0(a3)

    CASE    5                   // timer interrupt
    li      t0, 1 << 7
    csrw    mie, t0
    INTERRUPTED 7, sd zero, 0(a4)
    csrr    a0, mip
    EXPECT  a0, 1 << 7
    sd      a5, 0(a4)
    csrr    a0, mip
    EXPECT_ZERO a0

    CASE    6                   // MTIP cannot be written through mip, nor can MSIP
    li      t0, 0x888
    csrs    mip, t0
    csrr    a0, mip
    EXPECT_ZERO a0
    CASE    7                   // SSIP, STIP and SEIP can
    li      t0, 0x222
    csrw    mip, t0
    csrr    a0, mip
    EXPECT  a0, 0x222
    csrw    mip, zero
    csrr    a0, mip
    EXPECT_ZERO a0

    CASE    8                   // a timer that comes due later
    MACHINE_INTERRUPTS_OFF
    li      t1, MTIME
    ld      t0, 0(t1)
    addi    t0, t0, 500
    sd      t0, 0(a4)
    li      t2, 1 << 7
    csrw    mie, t2
    csrr    a0, mip
    EXPECT_ZERO a0
    MACHINE_INTERRUPTS_ON
    li      s11, INTERRUPT | 7
    la      s10, 2f
1:  j       1b
2:  ld      t1, 0(t1)
    bgeu    t1, t0, 1f
    j       fail
1:  sd      a5, 0(a4)

    CASE    9                   // not while MIE is clear
    MACHINE_INTERRUPTS_OFF
    li      t0, 0xaaa
    csrw    mie, t0
    csrr    a0, mie
    EXPECT  a0, 0xaaa
    csrwi   mip, 2
    nop
    nop
    csrw    mip, zero
    CASE    10                  // not while mie's bit is clear
    li      t0, 0xaa8
    csrw    mie, t0
    MACHINE_INTERRUPTS_ON
    csrwi   mip, 2
    nop
    nop
    csrw    mip, zero
    MACHINE_INTERRUPTS_OFF
    CASE    11                  // in U- and S-mode whatever MIE says
    csrwi   mie, 2
    csrwi   mip, 2
    li      s11, INTERRUPT | 1
    la      s10, 1f
    TO_USER
    j       fail
1:  TO_MACHINE
    EXPECT  s6, 3
    li      t1, MSTATUS_MPP
    and     t1, t1, s7
    EXPECT_ZERO t1
    csrw    mip, zero
    CASE    12                  // unmasking by mret: taken before the first instruction behind it
    csrwi   mie, 2
    csrwi   mip, 2
    li      t0, MSTATUS_MPIE
    csrs    mstatus, t0
    li      t0, MSTATUS_MPP
    csrs    mstatus, t0
    la      t0, 1f
    csrw    mepc, t0
    li      s11, INTERRUPT | 1
    la      s10, 2f
    mret
1:  j       fail
2:  EXPECT_SAME s8, t0
    csrw    mip, zero
    MACHINE_INTERRUPTS_OFF

    // Vectored.
    la      t0, vectors + 1
    csrrw   s5, mtvec, t0
    csrr    t1, mtvec
    CASE    13
    EXPECT_SAME t0, t1
    CASE    14
    VECTORED 1, csrwi mip, 2
    csrw    mip, zero
    CASE    15
    li      t0, 1 << 5
    VECTORED 5, csrw mip, t0
    CASE    16
    li      t0, 1 << 9
    VECTORED 9, csrw mip, t0
    csrw    mip, zero
    CASE    17
    li      t4, 1
    VECTORED 3, sw t4, 0(a3)
    sw      zero, 0(a3)
    CASE    18
    VECTORED 7, sd zero, 0(a4)
    sd      a5, 0(a4)
    CASE    19                  // exceptions go to the base
    li      a1, -1
    ecall
    EXPECT  a1, 0
    EXPECT  a2, CAUSE_CALL_MACHINE
#ifndef QEMU
    // QEMU 7.2 takes the lowest number first unless it has an AIA.
    CASE    20                  // priority: MSI before MTI before SEI before SSI before STI
    li      t0, 0x222
    csrw    mip, t0
    sd      zero, 0(a4)
    li      t0, 1
    sw      t0, 0(a3)
    csrw    mie, zero
    li      t0, 0xaaa
    li      a1, -1
    MACHINE_INTERRUPTS_ON
    csrw    mie, t0
    nop
    EXPECT  a1, 3
    sw      zero, 0(a3)
    csrw    mie, t0
    nop
    EXPECT  a1, 7
    sd      a5, 0(a4)
    csrw    mie, t0
    nop
    EXPECT  a1, 9
    li      t1, 0x200
    csrc    mip, t1
    csrw    mie, t0
    nop
    EXPECT  a1, 1
    csrci   mip, 2
    csrw    mie, t0
    nop
    EXPECT  a1, 5
    csrw    mip, zero
    MACHINE_INTERRUPTS_OFF
#endif
    csrw    mtvec, s5
    PASS

// Entry n: a1 = n, a2 = mcause. Disables all interrupts; skips an ECALL.
.balign 256
.option push
.option norvc
vectors:
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    j       entry_\n
    .endr
.option pop
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
entry_\n:
    li      a1, \n
    j       entered
    .endr
entered:
    csrr    a2, mcause
    csrw    mie, zero
    bltz    a2, 1f
    li      t6, CALL_EXIT
    bne     a7, t6, 2f
    csrw    mtvec, s5           // a failure reported from here
    j       machine_trap
2:  csrr    t6, mepc
    addi    t6, t6, 4
    csrw    mepc, t6
1:  mret
