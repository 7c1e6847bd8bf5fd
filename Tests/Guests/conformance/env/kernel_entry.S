// The way in and out of the paging kernel: from start.S's main into S-mode, user traps, and the end.
#include "conformance.h"

.globl main
main:
    li      t0, 7
    csrw    mcounteren, t0
    csrw    scounteren, t0
    li      t0, 0xb1ff          // all but S-mode's own calls
    csrw    medeleg, t0
    li      t0, 0x222
    csrw    mideleg, t0
    li      t0, 1 << 63         // stimecmp for S-mode
    csrw    menvcfg, t0
    la      t0, user_trap
    csrw    stvec, t0
    TO_SUPERVISOR
    la      sp, kernel_stack + 8192
    call    kernel_main         // returns the value for satp
    csrw    satp, a0
    sfence.vma
    la      t0, frame
    csrw    sscratch, t0
    li      t1, MSTATUS_SPP | MSTATUS_SUM
    csrc    sstatus, t1
    li      t1, MSTATUS_SPIE
    csrs    sstatus, t1
    li      t1, 0x40000000
    csrw    sepc, t1
    lui     t1, %hi(user_main)
    addi    t1, t1, %lo(user_main)
    csrw    sepc, t1
    sret

.align 2
user_trap:
    csrrw   x31, sscratch, x31
    .irp    n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    sd      x\n, \n * 8(x31)
    .endr
    csrr    t0, sscratch
    sd      t0, 31 * 8(x31)
    csrw    sscratch, x31
    mv      a0, x31
    la      sp, kernel_stack + 8192
    call    kernel_trap
    csrr    x31, sscratch
    .irp    n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    ld      x\n, \n * 8(x31)
    .endr
    ld      x31, 31 * 8(x31)
    sret

// void kernel_end(long number): 0 passes.
.globl kernel_end
kernel_end:
    mv      gp, a0
    li      a7, CALL_EXIT
    ecall

.bss
.balign 16
frame:
    .space  32 * 8
kernel_stack:
    .space  8192
