// Page-table translation, for Sv39 and Sv48 (Priv 4.3–4.5). LEVELS is 3 or 4.
//
// The image is mapped onto itself for S-mode by a gigapage; windows at WINDOW and above are for the checks. Accesses of
// lower modes are made with MPRV from M-mode, so that nothing but the access is translated; fetches are made for real.
#include "conformance.h"

#define WINDOW   0x40000000
#define USER     (PTE_V | PTE_R | PTE_W | PTE_X | PTE_U)
#define KERNEL   (PTE_V | PTE_R | PTE_W | PTE_X)

// Entry \index of a table becomes a pointer or leaf to \symbol + \displacement with \flags.
.macro MAP table, index, symbol, flags, displacement=0
    la      t0, \symbol
    li      t1, \displacement
    add     t0, t0, t1
    srli    t0, t0, 12
    slli    t0, t0, 10
    li      t1, \flags
    or      t0, t0, t1
    la      t1, \table + \index * 8
    sd      t0, 0(t1)
    sfence.vma
.endm

// The next access is made as \mode would: 0 user, 1 supervisor.
.macro AS mode
    li      t6, MSTATUS_MPP
    csrc    mstatus, t6
    li      t6, MSTATUS_MPRV | \mode << 11
    csrs    mstatus, t6
.endm

.macro AS_MACHINE
    li      t6, MSTATUS_MPRV
    csrc    mstatus, t6
.endm

.macro ALLOWED mode, instruction:vararg
    AS      \mode
    \instruction
    AS_MACHINE
.endm

// The handler's MRET leaves MPRV set: it returns to M-mode.
.macro FAULTS mode, cause, instruction:vararg
    AS      \mode
    TRAP    \cause, \instruction
    AS_MACHINE
    EXPECT_SAME s9, a0
.endm

// The entry's bits A and D.
.macro EXPECT_AD table, index, bits
    la      t0, \table
    ld      t0, \index * 8(t0)
    andi    t0, t0, PTE_A | PTE_D
    EXPECT  t0, \bits
.endm

.globl main
main:
    // root → mega → page; in Sv48 the walk starts one level higher and comes to the same tables.
    MAP     root, 2, _start, KERNEL | PTE_A | PTE_D         // 0x80000000: the gigapage
    MAP     root, 1, mega, PTE_V                            // WINDOW
    MAP     mega, 0, leaves, PTE_V
#if LEVELS == 4
    MAP     top, 0, root, PTE_V
    MAP     top, 511, root, PTE_V
    la      t0, top
    li      t1, 9 << 60
#else
    la      t0, root
    li      t1, 8 << 60
#endif
    srli    t0, t0, 12
    or      t0, t0, t1
    CASE    2
    csrw    satp, t0
    csrr    t1, satp
    EXPECT_SAME t0, t1
    sfence.vma
    li      a0, WINDOW + 8
    la      a1, data
    li      t0, 0x1234567890abcdef
    sd      t0, 8(a1)

    CASE    3                   // a user page: U-mode may, S-mode may not unless SUM
    MAP     leaves, 0, data, USER
    ALLOWED 0, ld a2, 0(a0)
    EXPECT  a2, 0x1234567890abcdef
    FAULTS  1, CAUSE_LOAD_PAGE, ld a2, 0(a0)
    FAULTS  1, CAUSE_STORE_PAGE, sd a2, 0(a0)
    li      t0, MSTATUS_SUM
    csrs    mstatus, t0
    ALLOWED 1, ld a2, 0(a0)
    ALLOWED 1, sd a2, 0(a0)
    li      t0, MSTATUS_SUM
    csrc    mstatus, t0
    FAULTS  1, CAUSE_LOAD_PAGE, ld a2, 0(a0)
    CASE    4                   // a supervisor page
    MAP     leaves, 0, data, KERNEL
    ALLOWED 1, ld a2, 0(a0)
    FAULTS  0, CAUSE_LOAD_PAGE, ld a2, 0(a0)
    FAULTS  0, CAUSE_STORE_PAGE, sb a2, 0(a0)
    li      t0, MSTATUS_SUM     // SUM is nothing to U-mode
    csrs    mstatus, t0
    FAULTS  0, CAUSE_LOAD_PAGE, ld a2, 0(a0)
    csrc    mstatus, t0
    CASE    5                   // MPRV with MPP = M translates nothing
    la      a0, data + 8
    ALLOWED 3, ld a2, 0(a0)
    EXPECT  a2, 0x1234567890abcdef
    li      a0, WINDOW + 8

    CASE    6                   // R, W, X one by one
    MAP     leaves, 0, data, PTE_V | PTE_R | PTE_U
    ALLOWED 0, lb a2, 0(a0)
    FAULTS  0, CAUSE_STORE_PAGE, sb a2, 0(a0)
    FAULTS  0, CAUSE_STORE_PAGE, amoadd.w a2, a2, (a0)
    MAP     leaves, 0, data, PTE_V | PTE_R | PTE_W | PTE_U
    ALLOWED 0, lb a2, 0(a0)
    ALLOWED 0, sb a2, 0(a0)
    ALLOWED 0, amoadd.w a2, zero, (a0)
    MAP     leaves, 0, data, PTE_V | PTE_X | PTE_U
    FAULTS  0, CAUSE_LOAD_PAGE, lb a2, 0(a0)
    FAULTS  0, CAUSE_STORE_PAGE, sb a2, 0(a0)
    FAULTS  0, CAUSE_LOAD_PAGE, lr.w a2, (a0)
    FAULTS  0, CAUSE_STORE_PAGE, amoor.d a2, a2, (a0)
    CASE    7                   // MXR: what may be executed may be loaded
    li      t0, MSTATUS_MXR
    csrs    mstatus, t0
    ALLOWED 0, ld a2, 0(a0)
    EXPECT  a2, 0x1234567890abcdef
    FAULTS  0, CAUSE_STORE_PAGE, sb a2, 0(a0)
    li      t0, MSTATUS_MXR
    csrc    mstatus, t0
    FAULTS  0, CAUSE_LOAD_PAGE, ld a2, 0(a0)

    CASE    8                   // V = 0, and W without R
    MAP     leaves, 0, data, USER & ~PTE_V
    FAULTS  0, CAUSE_LOAD_PAGE, lb a2, 0(a0)
    FAULTS  0, CAUSE_STORE_PAGE, sb a2, 0(a0)
    MAP     leaves, 0, data, PTE_V | PTE_W | PTE_U
    FAULTS  0, CAUSE_LOAD_PAGE, lb a2, 0(a0)
    FAULTS  0, CAUSE_STORE_PAGE, sb a2, 0(a0)
    MAP     leaves, 0, data, PTE_V | PTE_W | PTE_X | PTE_U
    FAULTS  0, CAUSE_LOAD_PAGE, lb a2, 0(a0)
    CASE    9                   // a pointer at the last level
    MAP     leaves, 0, data, PTE_V
    FAULTS  0, CAUSE_LOAD_PAGE, lb a2, 0(a0)
    CASE    10                  // D, A or U in a pointer; G is allowed
    MAP     leaves, 0, data, USER
    .irp    flag, PTE_D, PTE_A, PTE_U
    MAP     mega, 0, leaves, PTE_V | \flag
    FAULTS  0, CAUSE_LOAD_PAGE, lb a2, 0(a0)
    .endr
    MAP     mega, 0, leaves, PTE_V | PTE_G
    ALLOWED 0, lb a2, 0(a0)
    MAP     mega, 0, leaves, PTE_V
    CASE    11                  // reserved bits 54…63 (no Svpbmt, no Svnapot), in leaves and pointers
    .irp    bit, 54, 58, 60, 61, 62, 63
    MAP     leaves, 0, data, USER
    la      t0, leaves
    li      t1, 1 << \bit
    ld      t2, 0(t0)
    or      t2, t2, t1
    sd      t2, 0(t0)
    sfence.vma
    FAULTS  0, CAUSE_LOAD_PAGE, lb a2, 0(a0)
    MAP     leaves, 0, data, USER
    la      t0, mega
    li      t1, 1 << \bit
    ld      t2, 0(t0)
    or      t2, t2, t1
    sd      t2, 0(t0)
    sfence.vma
    FAULTS  0, CAUSE_STORE_PAGE, sb a2, 0(a0)
    MAP     mega, 0, leaves, PTE_V
    .endr
    CASE    12                  // the bits for software are software's
    MAP     leaves, 0, data, USER | 0x300
    ALLOWED 0, ld a2, 0(a0)
    EXPECT  a2, 0x1234567890abcdef

    CASE    13                  // A by a load, A and D by a store, in the entry
    MAP     leaves, 0, data, USER
    ALLOWED 0, lb a2, 0(a0)
    EXPECT_AD leaves, 0, PTE_A
    ALLOWED 0, sb a2, 0(a0)
    EXPECT_AD leaves, 0, PTE_A | PTE_D
    MAP     leaves, 0, data, USER
    ALLOWED 0, sb a2, 0(a0)
    EXPECT_AD leaves, 0, PTE_A | PTE_D
    MAP     leaves, 0, data, USER | PTE_A
    ALLOWED 0, amoadd.w a2, zero, (a0)
    EXPECT_AD leaves, 0, PTE_A | PTE_D
    MAP     leaves, 0, data, USER
    ALLOWED 0, lr.w a2, (a0)
    EXPECT_AD leaves, 0, PTE_A
    CASE    14                  // not by an access that faults
    MAP     leaves, 0, data, PTE_V | PTE_R | PTE_U
    FAULTS  0, CAUSE_STORE_PAGE, sb a2, 0(a0)
    EXPECT_AD leaves, 0, 0
    FAULTS  1, CAUSE_LOAD_PAGE, lb a2, 0(a0)
    EXPECT_AD leaves, 0, 0
    CASE    15                  // nor in pointers
    MAP     leaves, 0, data, USER
    ALLOWED 0, sb a2, 0(a0)
    EXPECT_AD mega, 0, 0
    EXPECT_AD root, 1, 0
    CASE    16                  // cleared bits are set again after a fence
    la      t0, leaves
    ld      t1, 0(t0)
    andi    t1, t1, ~(PTE_A | PTE_D)
    sd      t1, 0(t0)
    sfence.vma
    ALLOWED 0, lb a2, 0(a0)
    EXPECT_AD leaves, 0, PTE_A
    la      t0, leaves
    ld      t1, 0(t0)
    andi    t1, t1, ~(PTE_A | PTE_D)
    sd      t1, 0(t0)
    sfence.vma
    ALLOWED 0, sb a2, 0(a0)
    EXPECT_AD leaves, 0, PTE_A | PTE_D

    CASE    20                  // a two-megabyte page
    MAP     mega, 1, _start, USER
    li      a0, WINDOW + 0x200000 + 8
    la      t0, data
    la      t1, _start
    sub     t0, t0, t1
    add     a0, a0, t0
    ALLOWED 0, ld a2, 0(a0)
    EXPECT  a2, 0x1234567890abcdef
    EXPECT_AD mega, 1, PTE_A
    ALLOWED 0, sd a2, 0(a0)
    EXPECT_AD mega, 1, PTE_A | PTE_D
    CASE    21                  // misaligned ones fault
    .irp    displacement, 0x1000, 0x10000, 0x100000
    MAP     mega, 1, _start, USER, \displacement
    FAULTS  0, CAUSE_LOAD_PAGE, ld a2, 0(a0)
    FAULTS  0, CAUSE_STORE_PAGE, sd a2, 0(a0)
    .endr
    EXPECT_AD mega, 1, 0
    CASE    22                  // a gigabyte page
    MAP     root, 4, _start, USER
    li      a0, (4 << 30) + 8
    la      t0, data
    la      t1, _start
    sub     t0, t0, t1
    add     a0, a0, t0
    ALLOWED 0, ld a2, 0(a0)
    EXPECT  a2, 0x1234567890abcdef
    EXPECT_AD root, 4, PTE_A
    CASE    23
    .irp    displacement, 0x1000, 0x200000, 0x20000000
    MAP     root, 4, _start, USER, \displacement
    FAULTS  0, CAUSE_LOAD_PAGE, ld a2, 0(a0)
    .endr
#if LEVELS == 4
    CASE    24                  // a page of 512 gigabytes, which begins at physical address 0
    la      t0, top
    li      t1, USER
    sd      t1, 8(t0)
    sfence.vma
    la      a0, data + 8
    li      t0, 1 << 39
    add     a0, a0, t0
    ALLOWED 0, ld a2, 0(a0)
    EXPECT  a2, 0x1234567890abcdef
    EXPECT_AD top, 1, PTE_A
    CASE    25
    la      t0, top
    li      t1, USER | 1 << (37 - 12 + 10)
    sd      t1, 8(t0)
    sfence.vma
    FAULTS  0, CAUSE_LOAD_PAGE, ld a2, 0(a0)
#endif

    CASE    26                  // the upper half
    MAP     root, 511, mega, PTE_V
    MAP     leaves, 0, data, USER
    li      a0, -(1 << 30) + 8
    ALLOWED 0, ld a2, 0(a0)
    EXPECT  a2, 0x1234567890abcdef
    CASE    27                  // addresses whose upper bits are not the sign
    .irp    bit, 63, 62, 56, 50, 48
    li      a0, WINDOW + 8
    li      t0, 1 << \bit
    xor     a0, a0, t0
    FAULTS  0, CAUSE_LOAD_PAGE, ld a2, 0(a0)
    FAULTS  0, CAUSE_STORE_PAGE, sd a2, 0(a0)
    .endr
#if LEVELS == 3
    .irp    bit, 38, 39, 47
    li      a0, WINDOW + 8
    li      t0, 1 << \bit
    xor     a0, a0, t0
    FAULTS  0, CAUSE_LOAD_PAGE, ld a2, 0(a0)
    .endr
#else
    li      a0, WINDOW + 8
    li      t0, 1 << 47
    xor     a0, a0, t0
    FAULTS  0, CAUSE_LOAD_PAGE, ld a2, 0(a0)
#endif
    CASE    28                  // an empty entry at every level
    li      a0, WINDOW + 0x1000
    FAULTS  0, CAUSE_LOAD_PAGE, ld a2, 0(a0)
    li      a0, WINDOW + 0x400000
    FAULTS  0, CAUSE_LOAD_PAGE, ld a2, 0(a0)
    li      a0, 0
    FAULTS  0, CAUSE_LOAD_PAGE, ld a2, 0(a0)
    FAULTS  0, CAUSE_STORE_PAGE, sd a2, 0(a0)

    CASE    29                  // accesses across two pages; the fault names the page that faults
    MAP     leaves, 0, data, USER
    MAP     leaves, 1, other, USER
    li      a0, WINDOW + 0xffc
    li      t2, 0x1122334455667788
    ALLOWED 0, sd t2, 0(a0)
    ALLOWED 0, ld a2, 0(a0)
    EXPECT_SAME a2, t2
    la      a1, data + 0xffc
    lwu     a2, 0(a1)
    EXPECT  a2, 0x55667788
    la      a1, other
    lwu     a2, 0(a1)
    EXPECT  a2, 0x11223344
    EXPECT_AD leaves, 0, PTE_A | PTE_D
    EXPECT_AD leaves, 1, PTE_A | PTE_D
    CASE    30
    MAP     leaves, 1, other, USER & ~PTE_V
    AS      0
    TRAP    CAUSE_LOAD_PAGE, ld a2, 0(a0)
    AS_MACHINE
    EXPECT  s9, WINDOW + 0x1000
    AS      0
    TRAP    CAUSE_STORE_PAGE, sd zero, 0(a0)
    AS_MACHINE
    EXPECT  s9, WINDOW + 0x1000
    CASE    31
    MAP     leaves, 1, other, USER
    MAP     leaves, 0, data, USER & ~PTE_V
    FAULTS  0, CAUSE_LOAD_PAGE, ld a2, 0(a0)
    FAULTS  0, CAUSE_STORE_PAGE, sd zero, 0(a0)

    // Fetches.
    CASE    40                  // a user page with X; the code is at its end too, across the next
    MAP     leaves, 0, code, PTE_V | PTE_X | PTE_U
    MAP     leaves, 1, code_after, PTE_V | PTE_X | PTE_U
    MAP     root, 2, _start, USER | PTE_A | PTE_D           // the image, for U-mode
    TO_USER
    li      a0, WINDOW
    jalr    a0
    EXPECT  a2, 77
    li      a0, WINDOW + 0xffe
    jalr    a0
    EXPECT  a2, 78
    TO_MACHINE
    EXPECT_AD leaves, 0, PTE_A
    EXPECT_AD leaves, 1, PTE_A
    CASE    41                  // no X
    MAP     leaves, 0, code, PTE_V | PTE_R | PTE_W | PTE_U
    TO_USER
    li      a0, WINDOW
    TRAP_FETCH CAUSE_FETCH_PAGE, a0
    EXPECT_SAME s9, a0
    TO_MACHINE
    EXPECT_AD leaves, 0, 0
    li      t0, MSTATUS_MXR     // MXR is about loads
    csrs    mstatus, t0
    TO_USER
    TRAP_FETCH CAUSE_FETCH_PAGE, a0
    TO_MACHINE
    li      t0, MSTATUS_MXR
    csrc    mstatus, t0
    CASE    42                  // the second half of an instruction faults: epc its start, tval the page
    MAP     leaves, 0, code, PTE_V | PTE_X | PTE_U
    MAP     leaves, 1, code_after, 0
    TO_USER
    li      a0, WINDOW + 0xffe
    TRAP_FETCH CAUSE_FETCH_PAGE, a0
    EXPECT  s9, WINDOW + 0x1000
    TO_MACHINE
    MAP     leaves, 1, code_after, PTE_V | PTE_X | PTE_U
    CASE    43                  // a supervisor page, from U-mode
    MAP     leaves, 0, code, PTE_V | PTE_X
    TO_USER
    li      a0, WINDOW
    TRAP_FETCH CAUSE_FETCH_PAGE, a0
    TO_MACHINE
    CASE    44                  // a user page, from S-mode: never, SUM or not
    MAP     leaves, 0, code, PTE_V | PTE_X | PTE_U
    MAP     root, 2, _start, KERNEL | PTE_A | PTE_D
    li      t0, MSTATUS_SUM
    csrs    mstatus, t0
    TO_SUPERVISOR
    li      a0, WINDOW
    TRAP_FETCH CAUSE_FETCH_PAGE, a0
    TO_MACHINE
    MAP     leaves, 0, code, PTE_V | PTE_X
    TO_SUPERVISOR
    li      a0, WINDOW
    jalr    a0
    EXPECT  a2, 77
    CASE    45                  // where nothing is mapped, and where the address is not canonical
    li      a0, 0
    TRAP_FETCH CAUSE_FETCH_PAGE, a0
    EXPECT_SAME s9, a0
    li      a0, WINDOW | 1 << 62
    TRAP_FETCH CAUSE_FETCH_PAGE, a0
    EXPECT_SAME s9, a0
    TO_MACHINE

    CASE    50                  // a leaf onto nothing: access faults
    la      t0, leaves
    li      t1, NOTHING >> 2 | USER
    sd      t1, 0(t0)
    sfence.vma
    li      a0, WINDOW + 8
    FAULTS  0, CAUSE_LOAD_ACCESS, ld a2, 0(a0)
    FAULTS  0, CAUSE_STORE_ACCESS, sd a2, 0(a0)
#ifndef QEMU
    FAULTS  0, CAUSE_STORE_ACCESS, amoadd.d a2, a2, (a0)
    CASE    51                  // a pointer to nothing: access faults of the access's kind; QEMU 7.2 has page faults
    la      t0, mega
    li      t1, NOTHING >> 2 | PTE_V
    sd      t1, 0(t0)
    sfence.vma
    FAULTS  0, CAUSE_LOAD_ACCESS, ld a2, 0(a0)
    FAULTS  0, CAUSE_STORE_ACCESS, sd a2, 0(a0)
    FAULTS  0, CAUSE_STORE_ACCESS, amoadd.d a2, a2, (a0)
    TO_SUPERVISOR
    TRAP_FETCH CAUSE_FETCH_ACCESS, a0
    EXPECT_SAME s9, a0
    TO_MACHINE
#endif
    PASS

.data
.balign 4096
root:
    .space  4096
top:
    .space  4096
mega:
    .space  4096
leaves:
    .space  4096
data:
    .space  4096
other:
    .space  4096
.option norvc
code:
    li      a2, 77
    jr      ra
    .space  4096 - 2 - (. - code)
    .2byte  0x0613              // li a2, 78, first half
code_after:
    .2byte  0x04e0              // second half
    jr      ra
    .space  4096 - (. - code_after)
