# Writes memory for ever, in the ways and at the places that a list of jobs says: for the capture fuzz of
# Tests/CheckpointingTests, which puts the lists there before it starts the machine. Not for QEMU.
#
# A hart's list is at `jobs` + 4 KiB x hart. A job is 8 dwords, the first of which is 0 in the one after the last:
#   routine (1 ...), base address, mask of page numbers, log2 of the distance of pages, times, words (rewrite), seed, unused
# Page n of a job lies at base + ((n & mask) << distance). S-mode, Sv39: the gigabyte of RAM at its own addresses, and 256
# pages from `data` on at 0x4000_0000, through leaf entries whose A and D the walks set. A trap fails as test 1.
.equ jobs, 0x80010000
.equ root, 0x80020000
.equ middle, 0x80021000
.equ leaf, 0x80022000
.equ data, 0x80040000
.equ window, 0x40000000

.section .text.start, "ax"
.globl _start
_start:
    li      t0, -1                      # PMP: everything for everybody
    csrw    pmpaddr0, t0
    li      t0, 0x1f
    csrw    pmpcfg0, t0
    la      t0, trap
    csrw    mtvec, t0
    csrr    t0, mhartid
    slli    t0, t0, 12
    li      s0, jobs
    add     s0, s0, t0
    addi    s1, s0, -64                 # the job; the first comes next
    ld      s2, 48(s0)                  # the random number
    li      s7, 0                       # the page that is next in turn
    li      s8, 0                       # a count of changes

# Every hart makes the same tables.
    li      t0, root
    li      t1, (middle >> 2) | 0x01    # V: the next table
    sd      t1, 8(t0)                   # 0x4000_0000
    li      t1, (0x80000000 >> 2) | 0xcf
    sd      t1, 16(t0)                  # 0x8000_0000: itself, D A X W R V
    li      t0, middle
    li      t1, (leaf >> 2) | 0x01
    sd      t1, 0(t0)
    li      t0, leaf
    li      t1, (data >> 2) | 0x07      # W R V
    li      t2, 256
entry:
    sd      t1, 0(t0)
    addi    t0, t0, 8
    addi    t1, t1, 0x400
    addi    t2, t2, -1
    bnez    t2, entry
    li      t0, (8 << 60) | (root >> 12)
    csrw    satp, t0
    la      t0, next_job
    csrw    mepc, t0
    li      t0, 3 << 11
    csrc    mstatus, t0
    li      t0, 1 << 11
    csrs    mstatus, t0
    mret

trap:
    li      a0, (1 << 1) | 1
    la      t0, tohost
    sd      a0, 0(t0)
park:
    wfi
    j       park

next_job:
    addi    s1, s1, 64
    ld      t0, 0(s1)
    bnez    t0, start_job
    mv      s1, s0
    ld      t0, 0(s1)
start_job:
    ld      s3, 8(s1)
    ld      s4, 16(s1)
    ld      s5, 24(s1)
    ld      s6, 32(s1)
    la      t1, routines - 8
    slli    t0, t0, 3
    add     t0, t0, t1
    ld      t0, 0(t0)
    jr      t0

.macro random                           # xorshift; uses t6
    slli    t6, s2, 13
    xor     s2, s2, t6
    srli    t6, s2, 7
    xor     s2, s2, t6
    slli    t6, s2, 17
    xor     s2, s2, t6
.endm
.macro page number                      # t0 = address of a page of the job
    and     t0, \number, s4
    sll     t0, t0, s5
    add     t0, t0, s3
.endm
.macro place                            # t0 = one of its dwords; uses t1
    srli    t1, s2, 52
    andi    t1, t1, -8
    add     t0, t0, t1
.endm
.macro again routine
    addi    s6, s6, -1
    bnez    s6, \routine
    j       next_job
.endm

# A store to one page after the other.
in_turn:
    random
    addi    s7, s7, 1
    page    s7
    place
    sd      s2, 0(t0)
    again   in_turn

# Stores to random pages; bytes among them.
anywhere:
    random
    srli    t2, s2, 20
    page    t2
    place
    sb      s2, 3(t0)
    random
    srli    t2, s2, 20
    page    t2
    place
    sd      s2, 0(t0)
    again   anywhere

# Small changes: the same few words of each page.
counters:
    addi    s7, s7, 1
    addi    s8, s8, 1
    page    s7
    sd      s8, 0(t0)
    sw      s8, 1032(t0)
    again   counters

# As many words of each page as the job says, from its beginning on.
rewrite:
    addi    s7, s7, 1
    page    s7
    ld      t2, 40(s1)
rewrite_word:
    random
    sd      s2, 0(t0)
    addi    t0, t0, 8
    addi    t2, t2, -1
    bnez    t2, rewrite_word
    again   rewrite

# Atomic instructions, those that store nothing too.
atomics:
    random
    srli    t2, s2, 20
    page    t2
    place
    amoadd.d t1, s2, (t0)
    amomaxu.w t1, s8, (t0)
    random
    srli    t2, s2, 20
    page    t2
    place
    lr.d    t1, (t0)
    addi    t1, t1, 1
    sc.d    t2, t1, (t0)
    sc.d    t2, t1, (t0)                # without a reservation
    again   atomics

# Stores over the border of two pages.
borders:
    random
    srli    t2, s2, 20
    page    t2
    li      t1, 4096
    add     t0, t0, t1
    srli    t1, s2, 50
    andi    t1, t1, 7
    sub     t0, t0, t1
    sd      s2, 0(t0)
    again   borders

# Takes A and D from entries of the window, and stores (each other time: loads) through them, so that the walk sets them.
walks:
    random
    srli    t2, s2, 20
    and     t2, t2, s4
    slli    t0, t2, 3
    li      t1, leaf
    add     t0, t0, t1
    li      t1, ~0xc0
    amoand.d zero, t1, (t0)
    slli    t0, t2, 12
    li      t1, window
    add     t0, t0, t1
    place
    bltz    s2, walk_store
    ld      t1, 0(t0)
    again   walks
walk_store:
    sd      s2, 0(t0)
    again   walks

# Writes a function and calls it: pages of decoded instructions.
code:
    random
    srli    t2, s2, 20
    page    t2
    slli    t1, s2, 20
    li      t2, 0x513                   # addi a0, zero, random
    or      t1, t1, t2
    sw      t1, 0(t0)
    li      t1, 0x8067                  # ret
    sw      t1, 4(t0)
    jalr    ra, 0(t0)
    again   code

# Leaves memory alone.
rest:
    again   rest

.balign 8
routines:
    .dword  in_turn, anywhere, counters, rewrite, atomics, borders, walks, code, rest

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
