// mstatus and sstatus: fields, WARL, trap entry and return, FS and SD (Priv 3.1.6, 4.1.1).
#include "conformance.h"

#define MPP_SUPERVISOR 0x800

.globl main
main:
    CASE    2                   // SXL and UXL are 64 bits
    csrr    t0, mstatus
    srli    t1, t0, 32
    andi    t1, t1, 15
    EXPECT  t1, 10
    csrr    t0, sstatus
    srli    t1, t0, 32
    andi    t1, t1, 3
    EXPECT  t1, 2
    CASE    3                   // the plain bits hold what is written
    li      t0, 0x7e01aa        // TSR TW TVM MXR SUM MPRV, SPP MPIE SPIE MIE SIE; nothing is pending
    li      t1, MSTATUS_FS
    or      t0, t0, t1
    csrw    mie, zero
    csrrw   t2, mstatus, t0
    csrr    t1, mstatus
    li      t3, 0x7e61aa
    and     t4, t1, t3
    EXPECT_SAME t4, t0
    CASE    4                   // sstatus shows its part
    csrr    t1, sstatus
    li      t3, 0x7fffff
    and     t1, t1, t3
    EXPECT  t1, 0xc6122
    CASE    5                   // and changes only that
    li      t0, -1
    csrc    sstatus, t0
    csrr    t1, mstatus
    li      t3, 0x7fffff
    and     t1, t1, t3
    EXPECT  t1, 0x720088
    csrw    mstatus, zero
    csrs    sstatus, t0
    csrr    t1, mstatus
    li      t3, 0x7ff9ff        // without VS, which is zero where there is no V
    and     t1, t1, t3
    EXPECT  t1, 0xc6122
    csrw    mstatus, zero
    CASE    6                   // XS and the reserved low bits are zero
    li      t0, 0x18055
    csrs    mstatus, t0
    csrr    t1, mstatus
    li      t0, 0x18055
    and     t1, t1, t0
    EXPECT_ZERO t1

    CASE    7                   // MPP: U, S and M stick
    li      t0, MSTATUS_MPP
    csrc    mstatus, t0
    csrr    t1, mstatus
    and     t1, t1, t0
    EXPECT_ZERO t1
    li      t2, MPP_SUPERVISOR
    csrs    mstatus, t2
    csrr    t1, mstatus
    and     t1, t1, t0
    EXPECT_SAME t1, t2
    csrs    mstatus, t0
    csrr    t1, mstatus
    and     t1, t1, t0
    EXPECT_SAME t1, t0
#ifndef QEMU
    CASE    8                   // 2 does not: QEMU 7.2 stores it
    li      t2, MPP_SUPERVISOR
    csrc    mstatus, t2
    csrr    t1, mstatus
    and     t1, t1, t0
    li      t2, 0x1000
    bne     t1, t2, 1f
    j       fail
1:
#endif

    CASE    9                   // SD is set exactly while FS is Dirty
    li      t0, MSTATUS_FS
    csrs    mstatus, t0
    csrr    t1, mstatus
    bltz    t1, 1f
    j       fail
1:  csrr    t1, sstatus
    bltz    t1, 1f
    j       fail
1:  li      t0, 0x4000
    csrc    mstatus, t0
    csrr    t1, mstatus
    bgez    t1, 1f
    j       fail
1:  CASE    10                  // an instruction that writes F's state makes FS Dirty
    .macro DIRTIES instruction:vararg
    li      t0, MSTATUS_FS
    csrc    mstatus, t0
    li      t0, 0x4000          // Clean
    csrs    mstatus, t0
    \instruction
    csrr    t1, mstatus
    li      t0, MSTATUS_FS
    and     t2, t1, t0
    EXPECT_SAME t2, t0
    EXPECT_ZERO zero
    .endm
    la      a0, data
    fmv.d.x f1, zero
    DIRTIES fmv.d.x f1, zero
    DIRTIES fmv.w.x f1, zero
    DIRTIES flw f1, 0(a0)
    DIRTIES fld f1, 0(a0)
    DIRTIES fadd.d f1, f1, f1
    DIRTIES fcvt.s.w f2, zero
    DIRTIES fsgnj.s f1, f1, f1
    DIRTIES fmadd.s f1, f1, f1, f1
    DIRTIES csrw fcsr, zero
    DIRTIES csrwi frm, 0
    DIRTIES csrwi fflags, 0
    CASE    11                  // one that only sets flags does as well
    li      t3, 0x7ff0000000000001
    fmv.d.x f3, t3
    fmv.d.x f1, zero
#ifndef QEMU
    DIRTIES flt.d t4, f3, f1
    DIRTIES fcvt.w.d t4, f3
    csrw    fcsr, zero
#endif
    CASE    12                  // from Initial too
    li      t0, MSTATUS_FS
    csrc    mstatus, t0
    li      t0, 0x2000
    csrs    mstatus, t0
    csrr    t1, mstatus
    li      t0, MSTATUS_FS
    and     t1, t1, t0
    EXPECT  t1, 0x2000
    fadd.d  f1, f1, f1
    csrr    t1, mstatus
    and     t1, t1, t0
    EXPECT_SAME t1, t0

    CASE    13                  // a trap to M: MPIE takes MIE, MIE clears, MPP is the mode
    li      t0, MSTATUS_MPP | MSTATUS_MPIE
    csrc    mstatus, t0
    csrsi   mstatus, MSTATUS_MIE
    TRAP    CAUSE_CALL_MACHINE, ecall
    li      t0, MSTATUS_MPP | MSTATUS_MPIE | MSTATUS_MIE
    and     t1, s7, t0
    EXPECT  t1, MSTATUS_MPP | MSTATUS_MPIE
    CASE    14                  // and back: MIE takes MPIE, MPIE is set, MPP is the least mode
    csrr    t1, mstatus
    and     t1, t1, t0
    EXPECT  t1, MSTATUS_MPIE | MSTATUS_MIE
    csrci   mstatus, MSTATUS_MIE
    CASE    15                  // MRET to a lower mode clears MPRV, to M it does not
    li      t0, MSTATUS_MPRV
    csrs    mstatus, t0
    TO_SUPERVISOR
    TO_MACHINE
#ifndef QEMU
    csrr    t1, mstatus         // QEMU 7.2 leaves it set
    and     t1, t1, t0
    EXPECT_ZERO t1
#endif
    csrs    mstatus, t0
    li      t2, MSTATUS_MPP
    csrs    mstatus, t2
    la      t2, 1f
    csrw    mepc, t2
    mret
1:  csrr    t1, mstatus
    li      t0, MSTATUS_MPRV
    and     t1, t1, t0
    EXPECT_SAME t1, t0
    csrc    mstatus, t0
    CASE    16                  // SRET clears MPRV, takes SPIE and goes to SPP
    csrs    mstatus, t0
    li      t2, MSTATUS_SPP | MSTATUS_SPIE
    csrs    mstatus, t2
    csrci   mstatus, MSTATUS_SIE
    la      t2, 1f
    csrw    sepc, t2
    sret
1:  csrr    t1, sstatus         // in S-mode now
    andi    t1, t1, MSTATUS_SPP | MSTATUS_SPIE | MSTATUS_SIE
    EXPECT  t1, MSTATUS_SPIE | MSTATUS_SIE
    TO_MACHINE
#ifndef QEMU
    csrr    t1, mstatus
    li      t0, MSTATUS_MPRV
    and     t1, t1, t0
    EXPECT_ZERO t1
#endif
    csrw    mstatus, zero
    CASE    17                  // SRET to U-mode
    la      t2, 1f
    csrw    sepc, t2
    sret
1:  TRAP    CAUSE_CALL_USER, ecall
    TO_MACHINE

#ifndef QEMU
    CASE    18                  // mepc and sepc have no bit 0; QEMU 7.2 stores it
    li      t0, -1
    csrw    mepc, t0
    csrr    t1, mepc
    EXPECT  t1, -2
    csrw    sepc, t0
    csrr    t1, sepc
    EXPECT  t1, -2
#endif
    CASE    19                  // mtvec and stvec: reserved modes do not stick
    csrr    t0, mtvec
    addi    t1, t0, 2
    csrw    mtvec, t1
    csrr    t2, mtvec
    csrw    mtvec, t0
    andi    t2, t2, 2
    EXPECT_ZERO t2
    csrr    t0, stvec
    addi    t1, t0, 3
    csrw    stvec, t1
    csrr    t2, stvec
    csrw    stvec, t0
    andi    t2, t2, 2
    EXPECT_ZERO t2
    PASS

.data
.balign 8
data:
    .dword  0
