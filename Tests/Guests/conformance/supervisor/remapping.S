// Changed mappings, aliases and address spaces: what SFENCE.VMA promises, and code seen through two addresses (Priv 4.2.1).
#include "conformance.h"

#define WINDOW 0x40000000
#define KERNEL (PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D)

// Entry \index of \table = \symbol with \flags; no fence.
.macro ENTRY table, index, symbol, flags
    la      t0, \symbol
    srli    t0, t0, 12
    slli    t0, t0, 10
    li      t1, \flags
    or      t0, t0, t1
    la      t1, \table + \index * 8
    sd      t0, 0(t1)
.endm

.macro SATP_VALUE register, table, asid
    la      \register, \table
    srli    \register, \register, 12
    li      t6, 8 << 60 | \asid << 44
    or      \register, \register, t6
.endm

.globl main
main:
    ENTRY   root, 2, _start, KERNEL
    ENTRY   root, 1, mega, PTE_V
    ENTRY   mega, 0, leaves, PTE_V
    ENTRY   leaves, 0, page_a, KERNEL
    ENTRY   leaves, 1, page_b, KERNEL
    ENTRY   other_root, 2, _start, KERNEL
    ENTRY   other_root, 1, other_mega, PTE_V
    ENTRY   other_mega, 0, other_leaves, PTE_V
    ENTRY   other_leaves, 0, page_b, KERNEL
    la      t0, page_a
    li      t1, 0xaaaa
    sd      t1, 0(t0)
    la      t0, page_b
    li      t1, 0xbbbb
    sd      t1, 0(t0)
    SATP_VALUE t0, root, 0
    csrw    satp, t0
    sfence.vma
    li      s0, WINDOW
    li      s1, WINDOW + 0x1000
    TO_SUPERVISOR

    CASE    2                   // remap, fence all
    ld      a0, 0(s0)
    EXPECT  a0, 0xaaaa
    ENTRY   leaves, 0, page_b, KERNEL
    sfence.vma
    ld      a0, 0(s0)
    EXPECT  a0, 0xbbbb
    CASE    3                   // fence one address
    ENTRY   leaves, 0, page_a, KERNEL
    sfence.vma s0
    ld      a0, 0(s0)
    EXPECT  a0, 0xaaaa
    CASE    4                   // fence one address of one address space
    ENTRY   leaves, 0, page_b, KERNEL
    sfence.vma s0, zero
    ld      a0, 0(s0)
    EXPECT  a0, 0xbbbb
    ENTRY   leaves, 0, page_a, KERNEL
    li      t0, 0
    sfence.vma s0, t0
    ld      a0, 0(s0)
    EXPECT  a0, 0xaaaa
    CASE    5                   // fence an address space
    ENTRY   leaves, 0, page_b, KERNEL
    li      t0, 0
    sfence.vma zero, t0
    ld      a0, 0(s0)
    EXPECT  a0, 0xbbbb
    CASE    6                   // rights taken away, and given back
    ENTRY   leaves, 0, page_a, PTE_V | PTE_R | PTE_A | PTE_D
    sfence.vma
    ld      a0, 0(s0)
    EXPECT  a0, 0xaaaa
    TRAP    CAUSE_STORE_PAGE, sd a0, 0(s0)
    ENTRY   leaves, 0, page_a, 0
    sfence.vma
    TRAP    CAUSE_LOAD_PAGE, ld a0, 0(s0)
    ENTRY   leaves, 0, page_a, KERNEL
    sfence.vma
    sd      a0, 0(s0)
    CASE    7                   // an upper level changes
    ENTRY   mega, 0, other_leaves, PTE_V
    sfence.vma
    ld      a0, 0(s0)
    EXPECT  a0, 0xbbbb
    ENTRY   mega, 0, leaves, PTE_V
    sfence.vma
    ld      a0, 0(s0)
    EXPECT  a0, 0xaaaa
    ENTRY   root, 1, other_mega, PTE_V
    sfence.vma
    ld      a0, 0(s0)
    EXPECT  a0, 0xbbbb
    ENTRY   root, 1, mega, PTE_V
    sfence.vma
    CASE    8                   // two addresses of one page: what one writes the other reads
    ENTRY   leaves, 1, page_a, KERNEL
    sfence.vma
    ld      a0, 0(s1)
    EXPECT  a0, 0xaaaa
    li      t0, 0xcccc
    sd      t0, 0(s1)
    ld      a0, 0(s0)
    EXPECT  a0, 0xcccc
    la      t1, page_a
    ld      a0, 0(t1)
    EXPECT  a0, 0xcccc
    li      t0, 0xaaaa
    sd      t0, 0(t1)
    ld      a0, 0(s0)
    EXPECT  a0, 0xaaaa
    CASE    9                   // address spaces: another root, another ASID
    SATP_VALUE t0, root, 1
    SATP_VALUE t1, other_root, 2
    csrw    satp, t0
    sfence.vma
    ld      a0, 0(s0)
    EXPECT  a0, 0xaaaa
    csrw    satp, t1
    ld      a0, 0(s0)
    EXPECT  a0, 0xbbbb
    csrw    satp, t0
    ld      a0, 0(s0)
    EXPECT  a0, 0xaaaa
    csrw    satp, t1
    ld      a0, 0(s0)
    EXPECT  a0, 0xbbbb
    CASE    10                  // the same ASID and another root, with a fence
    SATP_VALUE t1, other_root, 1
    csrw    satp, t1
    li      t2, 1
    sfence.vma zero, t2
    ld      a0, 0(s0)
    EXPECT  a0, 0xbbbb
    csrw    satp, t0
    sfence.vma zero, t2
    ld      a0, 0(s0)
    EXPECT  a0, 0xaaaa
    CASE    11                  // sixteen bits of ASID; unsupported modes leave satp alone
    SATP_VALUE t1, root, 0xffff
    csrw    satp, t1
    csrr    t2, satp
    EXPECT_SAME t1, t2
    .irp    mode, 1, 2, 7, 11, 12, 15
    li      t3, \mode << 60 | 0x12345
    csrw    satp, t3
    csrr    t2, satp
    EXPECT_SAME t1, t2
    .endr
    csrw    satp, t0
    sfence.vma
    CASE    12                  // back to bare, and again
    csrw    satp, zero
    la      t1, page_a
    ld      a0, 0(t1)
    EXPECT  a0, 0xaaaa
    TRAP    CAUSE_LOAD_ACCESS, ld a0, -8(zero)
    csrw    satp, t0
    sfence.vma
    ld      a0, 0(s0)
    EXPECT  a0, 0xaaaa

    // Code: written through one address, executed through another.
    CASE    20
    ENTRY   leaves, 2, code_a, KERNEL
    ENTRY   leaves, 3, code_b, KERNEL
    sfence.vma
    li      s0, WINDOW + 0x2000
    li      s1, WINDOW + 0x3000
    jalr    s0
    EXPECT  a0, 1
    jalr    s1
    EXPECT  a0, 2
    CASE    21                  // a mapping change alone changes what is executed
    ENTRY   leaves, 2, code_b, KERNEL
    sfence.vma
    jalr    s0
    EXPECT  a0, 2
    ENTRY   leaves, 2, code_a, KERNEL
    sfence.vma
    jalr    s0
    EXPECT  a0, 1
    CASE    22                  // written through its alias
    la      t0, code_a
    li      t1, 0x00300513      // li a0, 3
    sw      t1, 0(t0)
    fence.i
    jalr    s0
    EXPECT  a0, 3
    jalr    t0
    EXPECT  a0, 3
    CASE    23                  // one half of it, over and over
    li      t2, 100
1:  slli    t1, t2, 4
    sh      t1, 2(t0)           // li a0, t2
    fence.i
    jalr    s0
    EXPECT_SAME a0, t2
    addi    t2, t2, -1
    bnez    t2, 1b
    CASE    24                  // a loop that rewrites its own body
    li      a1, 0
    li      t2, 50
    la      t0, 2f
    li      t1, 0x00158593      // addi a1, a1, 1
    li      t3, 0x00258593      // addi a1, a1, 2
1:  sw      t1, 0(t0)
    fence.i
    .balign 4
2:  .4byte  0x00158593
    xor     t1, t1, t3          // the other one next time
    xor     t3, t1, t3
    xor     t1, t1, t3
    addi    t2, t2, -1
    bnez    t2, 1b
    EXPECT  a1, 75
    CASE    25                  // code copied to a page of data, executed, replaced by other code
    la      t0, page_a
    la      t1, code_b
    .irp    offset, 0, 4
    lw      t2, \offset(t1)
    sw      t2, \offset(t0)
    .endr
    fence.i
    jalr    t0
    EXPECT  a0, 2
    li      t2, 0x00900513      // li a0, 9
    sw      t2, 0(t0)
    fence.i
    jalr    t0
    EXPECT  a0, 9
    TO_MACHINE
    PASS

.data
.balign 4096
root:
    .space  4096
mega:
    .space  4096
leaves:
    .space  4096
other_root:
    .space  4096
other_mega:
    .space  4096
other_leaves:
    .space  4096
page_a:
    .space  4096
page_b:
    .space  4096
.option norvc
code_a:
    li      a0, 1
    jr      ra
    .space  4088
code_b:
    li      a0, 2
    jr      ra
    .space  4088
