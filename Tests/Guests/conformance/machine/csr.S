// CSR instructions themselves (Unpriv, Zicsr), and writes to read-only registers.
#include "conformance.h"

.macro FORMS first, register
    CASE    \first
    csrwi   \register, 3
    csrr    a0, \register
    EXPECT  a0, 3
    csrrci  a1, \register, 1
    EXPECT  a1, 3
    csrrsi  a2, \register, 4
    EXPECT  a2, 2
    csrrwi  a3, \register, 31
    EXPECT  a3, 6
    CASE    \first + 1
    li      a0, 0x123456789abcdef0
    csrrw   a1, \register, a0
    EXPECT  a1, 31
    li      a0, 0x0ff0ff00ff00ff00
    csrrc   a0, \register, a0       // the source is read before the destination is written
    EXPECT  a0, 0x123456789abcdef0
    li      a0, 0xf
    csrrs   a0, \register, a0
    EXPECT  a0, 0x1004007800bc00f0
    csrr    a0, \register
    EXPECT  a0, 0x1004007800bc00ff
    CASE    \first + 2
    csrrs   a0, \register, zero
    csrrc   a1, \register, zero
    csrrsi  a2, \register, 0
    csrrci  a3, \register, 0
    EXPECT_SAME a0, a1
    EXPECT_SAME a0, a2
    EXPECT_SAME a0, a3
    csrrw   zero, \register, zero
    csrr    a0, \register
    EXPECT_ZERO a0
.endm

.macro READ_ONLY number
    csrr    a1, \number
    csrrs   a2, \number, zero
    csrrci  a3, \number, 0
    li      a0, 0x77
    TRAP    CAUSE_ILLEGAL, csrrw a0, \number, zero
    TRAP    CAUSE_ILLEGAL, csrrwi a0, \number, 0
    TRAP    CAUSE_ILLEGAL, csrrs a0, \number, a0
    TRAP    CAUSE_ILLEGAL, csrrci a0, \number, 1
#ifndef QEMU
    // A write by the register's number, whatever it holds; QEMU 7.2 looks at the value.
    li      t0, 0
    TRAP    CAUSE_ILLEGAL, csrrs a0, \number, t0
    TRAP    CAUSE_ILLEGAL, csrrc a0, \number, t0
#endif
    EXPECT  a0, 0x77
.endm

.globl main
main:
    FORMS   2, mscratch
    FORMS   5, sscratch
    FORMS   8, mtval
    CASE    11
    READ_ONLY mvendorid
    READ_ONLY marchid
    READ_ONLY mimpid
    READ_ONLY mhartid
    READ_ONLY 0xf15
    CASE    12
    READ_ONLY cycle
    READ_ONLY time
    READ_ONLY instret
    CASE    13
    TO_SUPERVISOR
    FORMS   14, sscratch
    FORMS   17, stval
    TO_MACHINE
    PASS
