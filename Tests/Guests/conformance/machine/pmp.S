// Physical memory protection: registers, matching, priority, locks, and what it does to each mode (Priv 3.7).
// Data accesses of the lower modes are made with MPRV; a mode of its own is entered for fetches.
#include "conformance.h"

#define R 1
#define W 2
#define X 4
#define TOR   0x08
#define NA4   0x10
#define NAPOT 0x18
#define LOCK  0x80

// pmpcfg0: the bytes of entries 0 to 3.
.macro CONFIGURE zero, one=0, two=0, three=0
    li      t0, (\zero) | (\one) << 8 | (\two) << 16 | (\three) << 24
    csrw    pmpcfg0, t0
    sfence.vma
.endm

.macro ADDRESS index, symbol, displacement=0
    la      t0, \symbol + \displacement
    srli    t0, t0, 2
    csrw    pmpaddr\index, t0
.endm

.macro NAPOT_ADDRESS index, symbol, size
    la      t0, \symbol
    srli    t0, t0, 2
    li      t1, \size / 8 - 1
    or      t0, t0, t1
    csrw    pmpaddr\index, t0
.endm

// An access as U-mode would make it; a0 is the address.
.macro AS_USER instruction:vararg
    li      t6, MSTATUS_MPP
    csrc    mstatus, t6
    li      t6, MSTATUS_MPRV
    csrs    mstatus, t6
    \instruction
    li      t6, MSTATUS_MPRV
    csrc    mstatus, t6
.endm

// The trap handler returns to M-mode with MPRV still set, and MPP = U.
.macro DENIED cause, instruction:vararg
    li      t6, MSTATUS_MPP
    csrc    mstatus, t6
    li      t6, MSTATUS_MPRV
    csrs    mstatus, t6
    TRAP    \cause, \instruction
    li      t6, MSTATUS_MPRV
    csrc    mstatus, t6
    EXPECT_SAME s9, a0
.endm

.globl main
main:
    csrw    pmpcfg0, zero
    CASE    2                   // sixteen entries; addresses are bits 55…2
    li      t0, -1
    .irp    index, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    csrw    pmpaddr\index, t0
    csrr    t1, pmpaddr\index
#ifdef QEMU                     // which keeps all 64 bits
    slli    t1, t1, 10
    srli    t1, t1, 10
#endif
    EXPECT  t1, 0x3fffffffffffff
    .endr
#ifndef QEMU                    // which keeps them
    CASE    3                   // bits 5 and 6 of a configuration are zero
    li      t0, 0x7f
    csrw    pmpcfg0, t0
    csrr    t1, pmpcfg0
    EXPECT  t1, 0x1f
    csrw    pmpcfg0, zero
#endif
    CASE    4                   // eight entries a register, each a byte of its own
    li      t0, 0x0f1d1b191f1d1b19
    csrw    pmpcfg2, t0
    csrr    t1, pmpcfg2
    EXPECT_SAME t0, t1
    csrw    pmpcfg2, zero
    csrr    t1, pmpcfg2
    EXPECT_ZERO t1
    csrr    t1, pmpcfg0
    EXPECT_ZERO t1
    CASE    5                   // granularity 4 bytes: address bits are kept whatever the mode
    li      t0, 0x20000123
    csrw    pmpaddr0, t0
    csrr    t1, pmpaddr0
    EXPECT_SAME t0, t1
    li      t0, TOR
    csrw    pmpcfg0, t0
    csrr    t1, pmpaddr0
    EXPECT  t1, 0x20000123
    csrw    pmpcfg0, zero

    la      a0, data
    CASE    6                   // no entry matches: M-mode passes, U-mode does not
    CONFIGURE 0
    ld      t0, 0(a0)
    DENIED  CAUSE_LOAD_ACCESS, ld t0, 0(a0)
    DENIED  CAUSE_STORE_ACCESS, sd t0, 0(a0)
    CASE    7                   // NAPOT, read only
    NAPOT_ADDRESS 0, data, 4096
    CONFIGURE NAPOT | R
    AS_USER ld t0, 0(a0)
    DENIED  CAUSE_STORE_ACCESS, sd t0, 0(a0)
    DENIED  CAUSE_STORE_ACCESS, amoadd.w t0, t0, (a0)
    sd      t0, 0(a0)           // unlocked entries do not bind M-mode
    CASE    8                   // read and write, no further than the region
    CONFIGURE NAPOT | R | W
    AS_USER sd t0, 0(a0)
    la      a0, data + 4088
    AS_USER ld t0, 0(a0)
    la      a0, data + 4096
    DENIED  CAUSE_LOAD_ACCESS, ld t0, 0(a0)
    la      a0, data - 8
    DENIED  CAUSE_LOAD_ACCESS, ld t0, 0(a0)
    CASE    9                   // nothing at all
    la      a0, data
    CONFIGURE NAPOT
    DENIED  CAUSE_LOAD_ACCESS, lb t0, 0(a0)
    CONFIGURE NAPOT | X
    DENIED  CAUSE_LOAD_ACCESS, lb t0, 0(a0)
    CASE    10                  // NA4
    ADDRESS 0, data, 8
    CONFIGURE NA4 | R | W
    la      a0, data + 8
    AS_USER lw t0, 0(a0)
    AS_USER lb t0, 3(a0)
    DENIED  CAUSE_LOAD_ACCESS, ld t0, 0(a0)     // only partly covered
    la      a0, data + 12
    DENIED  CAUSE_LOAD_ACCESS, lw t0, 0(a0)
    la      a0, data + 4
    DENIED  CAUSE_LOAD_ACCESS, lw t0, 0(a0)
    CASE    11                  // TOR: from the address before it
    ADDRESS 0, data, 16
    ADDRESS 1, data, 48
    CONFIGURE 0, TOR | R | W
    la      a0, data + 16
    AS_USER ld t0, 0(a0)
    la      a0, data + 40
    AS_USER sd t0, 0(a0)
    la      a0, data + 8
    DENIED  CAUSE_LOAD_ACCESS, ld t0, 0(a0)
    la      a0, data + 48
    DENIED  CAUSE_LOAD_ACCESS, ld t0, 0(a0)
    la      a0, data + 44
    AS_USER lw t0, 0(a0)
    DENIED  CAUSE_LOAD_ACCESS, ld t0, 0(a0)     // partly covered (and misaligned)
    CASE    12                  // TOR of entry 0 begins at address 0
    ADDRESS 0, data, 8
    CONFIGURE TOR | R
    la      a0, data
    AS_USER ld t0, 0(a0)
    la      a0, data + 8
    DENIED  CAUSE_LOAD_ACCESS, ld t0, 0(a0)
    CASE    13                  // an empty TOR range matches nothing
    ADDRESS 0, data, 64
    ADDRESS 1, data, 0
    NAPOT_ADDRESS 2, data, 4096
    CONFIGURE 0, TOR, NAPOT | R
    la      a0, data
    AS_USER ld t0, 0(a0)
    la      a0, data + 64
    AS_USER ld t0, 0(a0)
    CASE    14                  // the lowest entry that matches decides
    ADDRESS 0, data, 8
    NAPOT_ADDRESS 1, data, 4096
    CONFIGURE NA4, NAPOT | R | W
    la      a0, data + 8
    DENIED  CAUSE_LOAD_ACCESS, lw t0, 0(a0)
    DENIED  CAUSE_LOAD_ACCESS, ld t0, 0(a0)
    la      a0, data + 12
    AS_USER lw t0, 0(a0)
    la      a0, data
    AS_USER ld t0, 0(a0)
    CASE    15                  // a change takes effect on what was accessed before
    CONFIGURE NA4, NAPOT
    DENIED  CAUSE_LOAD_ACCESS, ld t0, 0(a0)
    CONFIGURE NA4, NAPOT | R
    AS_USER ld t0, 0(a0)

    // Fetches: all of memory for U-mode but one line.
    CASE    20
    ADDRESS 0, forbidden
    li      t0, -1
    csrw    pmpaddr1, t0
    CONFIGURE NA4 | R, NAPOT | R | W | X
    TO_USER
    la      a0, allowed
    jalr    a0
    la      a0, forbidden
    TRAP_FETCH CAUSE_FETCH_ACCESS, a0
    EXPECT_SAME s9, a0
    lw      t0, 0(a0)           // it may be read
#ifndef QEMU                    // which judges a whole translation block by its first instruction
    CASE    21                  // falling into it faults as well
    la      a0, before_forbidden
    li      s11, CAUSE_FETCH_ACCESS
    la      s10, 1f
    jr      a0
1:  la      a0, forbidden
    EXPECT_SAME s8, a0
#endif
    TO_MACHINE
    la      a0, forbidden
    jalr    a0                  // M-mode may
    CASE    22                  // X alone: fetch, no load
    CONFIGURE NA4 | X, NAPOT | R | W | X
    TO_USER
    la      a0, forbidden
    jalr    a0
    TRAP    CAUSE_LOAD_ACCESS, lw t0, 0(a0)
    TO_MACHINE
    CASE    23                  // S-mode is bound like U-mode
    CONFIGURE NA4, NAPOT | R | W | X
    TO_SUPERVISOR
    la      a0, forbidden
    TRAP_FETCH CAUSE_FETCH_ACCESS, a0
    TRAP    CAUSE_LOAD_ACCESS, lw t0, 0(a0)
    TRAP    CAUSE_STORE_ACCESS, sw t0, 0(a0)
    TO_MACHINE
    CASE    24                  // page-table walks are S-mode's accesses
    la      t0, root
    NAPOT_ADDRESS 0, root, 4096
    CONFIGURE NAPOT, NAPOT | R | W | X
    la      t0, root
    li      t1, 0x200000cf      // a gigapage at 0x80000000, VRWXAD
    sd      t1, 16(t0)
    srli    t0, t0, 12
    li      t1, 8 << 60
    or      t0, t0, t1
    csrw    satp, t0
    sfence.vma
    la      a0, data
    li      t0, MSTATUS_MPP
    csrc    mstatus, t0
    li      t0, MSTATUS_MPRV | 0x800
    csrs    mstatus, t0
    TRAP    CAUSE_LOAD_ACCESS, ld t0, 0(a0)
    EXPECT_SAME s9, a0
    li      t0, MSTATUS_MPP
    csrc    mstatus, t0
    li      t0, MSTATUS_MPRV | 0x800
    csrs    mstatus, t0
    TRAP    CAUSE_STORE_ACCESS, sd t0, 0(a0)
    li      t0, MSTATUS_MPRV
    csrc    mstatus, t0
    CONFIGURE NAPOT | R | W, NAPOT | R | W | X
    li      t0, MSTATUS_MPP
    csrc    mstatus, t0
    li      t0, MSTATUS_MPRV | 0x800
    csrs    mstatus, t0
    ld      t0, 0(a0)
    li      t0, MSTATUS_MPRV
    csrc    mstatus, t0
    csrw    satp, zero

    // Locks hold until reset, so they come last.
    CASE    30                  // a locked entry binds M-mode and cannot be changed
    li      t0, -1
    csrw    pmpaddr7, t0
    ADDRESS 0, locked
    CONFIGURE NA4 | R | LOCK
    la      a0, locked
    lw      t0, 0(a0)
    TRAP    CAUSE_STORE_ACCESS, sw t0, 0(a0)
    EXPECT_SAME s9, a0
    TRAP_FETCH CAUSE_FETCH_ACCESS, a0
    CASE    31
    csrr    t0, pmpaddr0
    csrw    pmpaddr0, zero
    csrr    t1, pmpaddr0
    EXPECT_SAME t0, t1
    csrw    pmpcfg0, zero
    csrr    t1, pmpcfg0
    EXPECT  t1, NA4 | R | LOCK
    CASE    32                  // a locked TOR locks the address below it
    ADDRESS 1, locked, 8
    ADDRESS 2, locked, 16
    li      t0, (TOR | R | LOCK) << 16
    csrs    pmpcfg0, t0
    csrr    t0, pmpaddr1
    csrw    pmpaddr1, zero
    csrr    t1, pmpaddr1
    EXPECT_SAME t0, t1
    csrr    t0, pmpaddr2
    csrw    pmpaddr2, zero
    csrr    t1, pmpaddr2
    EXPECT_SAME t0, t1
    la      a0, locked + 8
    TRAP    CAUSE_STORE_ACCESS, sd t0, 0(a0)
    ld      t0, 0(a0)
    CASE    33                  // locked and without any right
    ADDRESS 3, locked, 32
    li      t0, (NA4 | LOCK) << 24
    csrs    pmpcfg0, t0
    la      a0, locked + 32
    TRAP    CAUSE_LOAD_ACCESS, lw t0, 0(a0)
    TRAP    CAUSE_LOAD_ACCESS, ld t0, 0(a0)
    lw      t0, 4(a0)
    PASS

.text
.balign 64
allowed:
    ret
.balign 64
.option norvc
before_forbidden:
    nop
forbidden:
    jr      ra

.data
.balign 4096
data:
    .space  4096
root:
    .space  4096
locked:
    jr      ra
    .space  4092
