// mcycle, minstret, mcountinhibit, counter enables, and the counters that count nothing (Priv 3.1.10–3.1.12, Zicntr).
#include "conformance.h"

.macro ALLOWED mask
    .if (\mask) & 1
    csrr    t0, cycle
    .else
    TRAP    CAUSE_ILLEGAL, csrr t0, cycle
    .endif
    .if (\mask) & 2
    csrr    t0, time
    .else
    TRAP    CAUSE_ILLEGAL, csrr t0, time
    .endif
    .if (\mask) & 4
    csrr    t0, instret
    .else
    TRAP    CAUSE_ILLEGAL, csrr t0, instret
    .endif
.endm

.macro ENABLES machine, supervisor
    li      t0, \machine
    csrw    mcounteren, t0
    li      t0, \supervisor
    csrw    scounteren, t0
    ALLOWED 7                           // M-mode needs no permission
    TO_SUPERVISOR
    ALLOWED \machine
    TO_MACHINE
    TO_USER
    ALLOWED (\machine) & (\supervisor)
    TO_MACHINE
.endm

.globl main
main:
    CASE    2
    ENABLES 0, 0
    CASE    3
    ENABLES 7, 7
    CASE    4
    ENABLES 7, 0
    CASE    5
    ENABLES 0, 7
    CASE    6
    ENABLES 5, 6
    CASE    7
    ENABLES 2, 3
    CASE    8
    li      t0, 5
    csrw    mcounteren, t0
    csrr    t1, mcounteren
    EXPECT  t1, 5
    csrw    scounteren, t0
    csrr    t1, scounteren
    EXPECT  t1, 5

    CASE    9                           // they advance
    csrr    a0, mcycle
    csrr    a1, minstret
    li      t0, 2000
1:  addi    t0, t0, -1
    bnez    t0, 1b
    csrr    a2, mcycle
    csrr    a3, minstret
    bleu    a2, a0, 9f
    bleu    a3, a1, 9f
    CASE    10                          // the user's view is the machine's
    csrr    a0, mcycle
    csrr    a1, cycle
    bltu    a1, a0, 9f
    csrr    a0, instret
    csrr    a1, minstret
    bltu    a1, a0, 9f
    CASE    11                          // time is mtime
    li      t0, CLINT + 0xbff8
    ld      a0, 0(t0)
    csrr    a1, time
    ld      a2, 0(t0)
    bltu    a1, a0, 9f
    bltu    a2, a1, 9f
    CASE    12                          // and goes on while nothing else happens
    csrr    a0, time
    li      t0, 100000
1:  addi    t0, t0, -1
    bnez    t0, 1b
    csrr    a1, time
    bleu    a1, a0, 9f
    j       1f
9:  j       fail
1:

#ifndef QEMU
    // QEMU counts on the host's clock unless told otherwise, and with pmu-num=0 has no further counters.
    CASE    20                          // a written counter reads as written by the next instruction
    csrwi   minstret, 0
    csrr    a0, minstret
    EXPECT_ZERO a0
    csrwi   minstret, 7
    csrr    a0, minstret
    EXPECT  a0, 7
    CASE    21                          // each instruction counts once
    csrwi   minstret, 0
    nop
    nop
    addi    t0, zero, 1
    csrr    a0, minstret
    EXPECT  a0, 3
    csrr    a0, minstret
    csrr    a1, instret
    sub     a1, a1, a0
    EXPECT  a1, 1
    CASE    22                          // across branches, compressed instructions and loops
    li      t0, 10
    csrwi   minstret, 0
1:  c.addi  t0, -1
    c.nop
    bnez    t0, 1b
    csrr    a0, minstret
    EXPECT  a0, 30
    CASE    23                          // an instruction that traps does not retire
    la      t0, skip_trap
    csrrw   t2, mtvec, t0
    csrwi   minstret, 0
    ecall
    csrr    a0, minstret
    EXPECT  a0, 4                       // the handler's four
    csrwi   minstret, 0
    .4byte  0xffffffff
    csrr    a0, minstret
    EXPECT  a0, 4
    csrw    mtvec, t2
    CASE    24                          // overflow
    li      t0, -1
    csrw    minstret, t0
    csrr    a0, minstret
    csrr    a1, minstret
    EXPECT  a0, -1
    EXPECT_ZERO a1
    CASE    25                          // set and clear bits
    csrwi   minstret, 0
    li      t0, 0x100
    csrrs   a0, minstret, t0
    csrr    a1, minstret
    EXPECT  a0, 1
    EXPECT  a1, 0x101
    CASE    26                          // mcycle is writable
    li      t0, 1 << 40
    csrw    mcycle, t0
    csrr    a0, mcycle
    bltu    a0, t0, 9b
    sub     a0, a0, t0
    sltiu   a0, a0, 1000
    EXPECT  a0, 1
    CASE    27                          // mcountinhibit: CY, then IR, then none
    csrwi   mcountinhibit, 1
    csrr    a0, mcountinhibit
    EXPECT  a0, 1
    csrr    a0, mcycle
    nop
    nop
    csrr    a1, mcycle
    EXPECT_SAME a0, a1
    csrr    a0, minstret
    csrr    a1, minstret
    sub     a1, a1, a0
    EXPECT  a1, 1
    csrwi   mcountinhibit, 4
    csrr    a0, minstret
    nop
    nop
    csrr    a1, minstret
    EXPECT_SAME a0, a1
    csrr    a0, mcycle
    csrr    a1, mcycle
    bgeu    a0, a1, 9b
    CASE    28                          // a stopped counter is writable and goes on from there
    csrwi   mcountinhibit, 5
    csrwi   minstret, 11
    li      t0, 99
    csrw    mcycle, t0
    nop
    csrr    a0, minstret
    EXPECT  a0, 11
    csrr    a0, mcycle
    EXPECT  a0, 99
    csrwi   mcountinhibit, 0
    nop
    csrr    a0, minstret
    addi    a0, a0, -11
    sltiu   a0, a0, 4
    EXPECT  a0, 1
    CASE    29                          // TM cannot be inhibited: bit 1 is zero
    csrwi   mcountinhibit, 2
    csrr    a0, mcountinhibit
    EXPECT_ZERO a0
    CASE    30                          // counters 3…31 exist and read zero, whatever is written
    li      t0, -1
    csrw    mhpmcounter3, t0
    csrw    mhpmcounter31, t0
    csrw    mhpmevent3, zero
    csrw    mhpmevent31, zero
    csrr    a0, mhpmcounter3
    csrr    a1, hpmcounter3
    EXPECT_SAME a0, a1
    csrr    a0, mhpmcounter17
    csrr    a1, hpmcounter31
    csrr    a0, mhpmevent30
    EXPECT_ZERO a0
#endif
    PASS

.align 2
skip_trap:
    csrr    t1, mepc
    addi    t1, t1, 4
    csrw    mepc, t1
    mret
