// Interprocessor interrupts around a ring of harts, code changed under another hart, translations shot down.
#include "conformance.h"

#define LAPS 50
#define WINDOW 0x40000000
#define KERNEL (PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D)

// msip of the hart in \hart = 1.
.macro KICK hart
    slli    t0, \hart, 2
    li      t1, CLINT
    add     t0, t0, t1
    li      t1, 1
    fence
    sw      t1, 0(t0)
.endm

// Waits for a software interrupt without taking it, and acknowledges it.
.macro AWAIT_KICK
.Lwait\@:
    wfi
    csrr    t0, mip
    andi    t0, t0, 8
    beqz    t0, .Lwait\@
    csrr    t0, mhartid
    slli    t0, t0, 2
    li      t1, CLINT
    add     t0, t0, t1
    sw      zero, 0(t0)
    fence
.endm

.macro ENTRY table, index, symbol, flags
    la      t0, \symbol
    srli    t0, t0, 12
    slli    t0, t0, 10
    li      t1, \flags
    or      t0, t0, t1
    la      t1, \table + \index * 8
    sd      t0, 0(t1)
.endm

.macro TRANSLATE_AS_SUPERVISOR
    la      t0, root
    srli    t0, t0, 12
    li      t1, 8 << 60
    or      t0, t0, t1
    csrw    satp, t0
    sfence.vma
    li      t0, MSTATUS_MPP
    csrc    mstatus, t0
    li      t0, MSTATUS_MPRV | 0x800
    csrs    mstatus, t0
.endm

.globl main, other_hart
other_hart:
    csrr    s0, mhartid
    csrwi   mie, 8
    la      t0, ready
    li      t1, 1
    amoadd.d zero, t1, (t0)
    addi    s1, s0, 1           // the next in the ring
    li      t0, HARTS
    blt     s1, t0, 1f
    li      s1, 0
1:  li      s2, LAPS
1:  AWAIT_KICK
    la      t0, token
    ld      t1, 0(t0)
    addi    t1, t1, 1
    sd      t1, 0(t0)
    KICK    s1
    addi    s2, s2, -1
    bnez    s2, 1b
    li      t0, 1
    beq     s0, t0, second_part
park:
    wfi
    j       park

// Hart 1: calls a function that hart 0 rewrites, then reads through a mapping that hart 0 changes.
second_part:
    la      s3, function
    li      s2, 20
1:  AWAIT_KICK
    fence.i
    jalr    s3
    la      t0, answer
    sd      a0, 0(t0)
    li      s1, 0
    KICK    s1
    addi    s2, s2, -1
    bnez    s2, 1b
    TRANSLATE_AS_SUPERVISOR
    li      s4, WINDOW
    li      s2, 20
1:  li      t6, MSTATUS_MPRV
    csrc    mstatus, t6
    AWAIT_KICK
    csrs    mstatus, t6
    sfence.vma
    ld      a0, 0(s4)
    csrc    mstatus, t6
    la      t0, answer
    sd      a0, 0(t0)
    KICK    s1
    addi    s2, s2, -1
    bnez    s2, 1b
    j       park

main:
    csrwi   mie, 8
    la      t0, ready
1:  ld      t1, 0(t0)
    li      t2, HARTS - 1
    bne     t1, t2, 1b
    CASE    2                   // the ring
    li      s0, 1
    li      s2, LAPS
1:  KICK    s0
    AWAIT_KICK
    addi    s2, s2, -1
    bnez    s2, 1b
    la      t0, token
    ld      a0, 0(t0)
    EXPECT  a0, LAPS * (HARTS - 1)

    CASE    3                   // code rewritten for another hart, which fences when told
    li      s2, 20
    la      s3, function
1:  slli    t0, s2, 20
    li      t1, 0x513           // li a0, s2
    or      t0, t0, t1
    sw      t0, 0(s3)
    KICK    s0
    AWAIT_KICK
    la      t0, answer
    ld      a0, 0(t0)
    EXPECT_SAME a0, s2
    addi    s2, s2, -1
    bnez    s2, 1b

    CASE    4                   // a mapping changed for another hart, which fences when told
    ENTRY   root, 1, mega, PTE_V
    ENTRY   root, 2, _start, KERNEL
    ENTRY   mega, 0, leaves, PTE_V
    li      s2, 20
1:  andi    t0, s2, 1
    beqz    t0, 2f
    ENTRY   leaves, 0, odd, KERNEL
    j       3f
2:  ENTRY   leaves, 0, even, KERNEL
3:  KICK    s0
    AWAIT_KICK
    la      t0, answer
    ld      a0, 0(t0)
    andi    t0, s2, 1
    EXPECT_SAME a0, t0
    addi    s2, s2, -1
    bnez    s2, 1b
    PASS

.data
.balign 64
ready:
    .dword  0
.balign 64
token:
    .dword  0
.balign 64
answer:
    .dword  0
.balign 4096
function:
    .option norvc
    li      a0, 0
    jr      ra
.balign 4096
root:
    .space  4096
mega:
    .space  4096
leaves:
    .space  4096
even:
    .dword  0
    .space  4088
odd:
    .dword  1
    .space  4088
