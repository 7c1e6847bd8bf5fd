// Start, trap handlers and exit of the conformance guests.
#include "conformance.h"

.section .text.start, "ax"
.globl _start
_start:
    la      t0, machine_trap
    csrw    mtvec, t0
    la      t0, supervisor_trap
    csrw    stvec, t0
    li      t0, -1
    csrw    pmpaddr0, t0
    li      t0, 0x1f
    csrw    pmpcfg0, t0
    csrw    mie, zero
    csrw    satp, zero
    csrw    medeleg, zero
    csrw    mideleg, zero
    li      t0, MSTATUS_FS
    csrw    mstatus, t0
    csrw    fcsr, zero
    csrr    a0, mhartid
    slli    t0, a0, 3
    li      t1, CLINT + 0x4000
    add     t1, t1, t0
    li      t0, -1
    sd      t0, 0(t1)
    la      sp, stacks
    addi    t0, a0, 1
    slli    t0, t0, 12
    add     sp, sp, t0
    li      gp, 0
    li      s11, -1
    beqz    a0, 1f
    j       other_hart
1:  j       main

.weak other_hart
other_hart:
    wfi
    j       other_hart

.align 2
.globl machine_trap
machine_trap:
    csrw    mscratch, t6
    csrr    t6, mcause
    beq     t6, s11, 1f
    li      t6, CALL_EXIT
    beq     a7, t6, exit
    li      t6, CALL_TO_MACHINE
    bne     a7, t6, fail_here
    csrr    t6, mcause
    addi    t6, t6, -CAUSE_CALL_USER
    sltiu   t6, t6, 2
    beqz    t6, fail_here
    // From S-mode's own handler the call goes on where that one trapped.
    li      a7, 0
    csrr    t6, mepc
    addi    t6, t6, 4
    beqz    a6, 2f
    csrr    t6, sepc
    addi    t6, t6, 4
    li      a6, 0
2:  csrw    mepc, t6
    li      t6, MSTATUS_MPP
    csrs    mstatus, t6
    csrr    t6, mscratch
    mret
1:  csrr    s9, mtval
    csrr    s8, mepc
    csrr    s7, mstatus
    li      s6, 3
    csrw    mepc, s10
    li      s11, -1
    csrr    t6, mcause
    bgez    t6, 3f
    csrw    mie, zero
3:  csrr    t6, mscratch
    mret

.align 2
.globl supervisor_trap
supervisor_trap:
    csrw    sscratch, t6
    csrr    t6, scause
    beq     t6, s11, 1f
    li      t6, CALL_EXIT
    beq     a7, t6, 2f
    li      t6, CALL_TO_MACHINE
    bne     a7, t6, fail
2:  li      a6, 1
    ecall
1:  csrr    s9, stval
    csrr    s8, sepc
    csrr    s7, sstatus
    li      s6, 1
    csrw    sepc, s10
    li      s11, -1
    csrr    t6, scause
    bgez    t6, 3f
    csrw    sie, zero
3:  csrr    t6, sscratch
    sret

// A check failed, in any mode. A failure before the first check counts as check 1023.
.globl fail
fail:
    li      s11, -1
    bnez    gp, 1f
    li      gp, 1023
1:  li      a7, CALL_EXIT
    ecall
    j       fail

// An unexpected trap, in M-mode.
fail_here:
    bnez    gp, exit
    li      gp, 1023

// gp is the number of the failed check, or 0. tohost ends a run of ours, the test device one of QEMU's.
exit:
    slli    t0, gp, 1
    ori     t0, t0, 1
    la      t1, tohost
    sd      t0, 0(t1)
    li      t0, 0x5555
    beqz    gp, 1f
    slli    t0, gp, 16
    li      t1, 0x3333
    or      t0, t0, t1
1:  li      t1, 0x100000
    sw      t0, 0(t1)
    j       exit

.section .tohost, "aw"
.globl tohost, fromhost
.type tohost, @object
.type fromhost, @object
.balign 64
tohost:
    .dword  0
.size tohost, 8
.balign 64
fromhost:
    .dword  0
.size fromhost, 8

.bss
.balign 16
stacks:
    .space  8 * 4096
