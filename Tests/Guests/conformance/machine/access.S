// Access faults where nothing is: cause, mtval, and that the instruction changed nothing (Priv 3.1.15, 3.1.16, 3.6).
#include "conformance.h"

.macro ACCESSES
    TRAP    CAUSE_LOAD_ACCESS, lb a1, 0(a0)
    EXPECT_SAME s9, a0
    TRAP    CAUSE_LOAD_ACCESS, lhu a1, 2(a0)
    addi    t5, a0, 2
    EXPECT_SAME s9, t5
    TRAP    CAUSE_LOAD_ACCESS, lw a1, 4(a0)
    TRAP    CAUSE_LOAD_ACCESS, ld a1, 0(a0)
    TRAP    CAUSE_LOAD_ACCESS, flw f1, 0(a0)
    TRAP    CAUSE_LOAD_ACCESS, fld f1, 0(a0)
    TRAP    CAUSE_LOAD_ACCESS, lr.w a1, (a0)
    EXPECT_SAME s9, a0
    TRAP    CAUSE_STORE_ACCESS, sb a1, 0(a0)
    EXPECT_SAME s9, a0
    TRAP    CAUSE_STORE_ACCESS, sh a1, 2(a0)
    TRAP    CAUSE_STORE_ACCESS, sw a1, 4(a0)
    TRAP    CAUSE_STORE_ACCESS, sd a1, 8(a0)
    addi    t5, a0, 8
    EXPECT_SAME s9, t5
    TRAP    CAUSE_STORE_ACCESS, fsw f1, 0(a0)
    TRAP    CAUSE_STORE_ACCESS, fsd f1, 0(a0)
#ifndef QEMU
    // An AMO's fault is the store's (Priv 3.1.15); QEMU 7.2 reports the load of its emulation here.
    TRAP    CAUSE_STORE_ACCESS, amoadd.w a1, a1, (a0)
    EXPECT_SAME s9, a0
    TRAP    CAUSE_STORE_ACCESS, amomaxu.d a1, a1, (a0)
#endif
    EXPECT  a1, 0x5a5a
.endm

.macro EVERY_ADDRESS first
    li      a1, 0x5a5a
    CASE    \first
    li      a0, NOTHING
    ACCESSES
    TRAP_FETCH CAUSE_FETCH_ACCESS, a0
    EXPECT_SAME s9, a0
    CASE    \first + 1
    la      a0, data
    li      t5, 1 << 63
    xor     a0, a0, t5
    ACCESSES
    TRAP_FETCH CAUSE_FETCH_ACCESS, a0
    EXPECT_SAME s9, a0
    CASE    \first + 2
    li      a0, -4096
    ACCESSES
    CASE    \first + 3
    la      a0, data
    li      t5, 1 << 56
    xor     a0, a0, t5
    ACCESSES
    CASE    \first + 4          // the last byte of memory is there, the next is not
    la      a0, data
    lb      t0, 0(a0)
.endm

.globl main
main:
    fmv.d.x f1, zero
    EVERY_ADDRESS 2
    CASE    9                   // f1 kept its value
    fmv.x.d t0, f1
    EXPECT_ZERO t0
    CASE    10                  // the counter's memory-mapped registers end where they end
    li      a0, CLINT + 0x100000
    TRAP    CAUSE_LOAD_ACCESS, ld a1, 0(a0)
    TO_SUPERVISOR
    EVERY_ADDRESS 20
    TO_MACHINE
    TO_USER
    EVERY_ADDRESS 30
    TO_MACHINE
    PASS

.data
.balign 64
data:
    .dword  0
