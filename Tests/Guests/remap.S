# Edits its own page tables without a single SFENCE.VMA, and keeps a sum of what it reads through them.
#
# The window at 0x4000_0000 shows page a, then b and a in turn (20 edits of its leaf entry), then the superpage that both lie
# in (an edit one level up), then a again, then nothing. ASID 5. Passes always: what it read is in the page `sum`.
.section .text.start, "ax"
.globl _start
_start:
    csrr    t0, mhartid
    bnez    t0, park
    li      t0, -1                      # PMP: everything for everybody
    csrw    pmpaddr0, t0
    li      t0, 0x1f
    csrw    pmpcfg0, t0

    la      s2, root
    la      s3, middle
    la      s4, leaf
    la      s5, page_a
    la      s6, page_b
    srli    t0, s3, 2
    ori     t0, t0, 0x01                # V: the next table
    sd      t0, 8(s2)                   # 0x4000_0000
    li      t0, (0x80000000 >> 2) | 0xcf
    sd      t0, 16(s2)                  # 0x8000_0000: itself, D A X W R V
    srli    s7, s4, 2
    ori     s7, s7, 0x01
    sd      s7, 0(s3)
    srli    s8, s5, 2
    ori     s8, s8, 0xc7                # D A W R V
    sd      s8, 0(s4)
    srli    s9, s6, 2
    ori     s9, s9, 0x43                # A R V
    li      t0, 1000
    sd      t0, 0(s5)
    li      t0, 7
    sd      t0, 0(s6)

    srli    t0, s2, 12
    li      t1, (8 << 60) | (5 << 44)
    or      t0, t0, t1
    csrw    satp, t0
    la      t0, supervisor
    csrw    mepc, t0
    li      t0, 3 << 11
    csrc    mstatus, t0
    li      t0, 1 << 11
    csrs    mstatus, t0
    mret

supervisor:
    li      s10, 0x40000000
    la      s11, sum
    li      s1, 20
toggle:
    call    look
    andi    t0, s1, 1
    mv      t1, s9
    beqz    t0, edit
    mv      t1, s8
edit:
    sd      t1, 0(s4)
    addi    s1, s1, -1
    bnez    s1, toggle

    call    look
    li      t0, (0x80200000 >> 2) | 0x4b  # A X R V: 2 MiB
    sd      t0, 0(s3)
    call    look
    sd      s7, 0(s3)
    call    look
    sd      zero, 0(s4)

    li      t0, 1
    la      t1, tohost
    sd      t0, 0(t1)
park:
    wfi
    j       park

# sum = 3 sum + what the window shows; takes about 600 instructions and leaves no trace in registers.
look:
    ld      t0, 0(s10)
    ld      t1, 0(s11)
    slli    t2, t1, 1
    add     t1, t1, t2
    add     t1, t1, t0
    sd      t1, 0(s11)
    li      t1, 0
    li      t2, 0
    li      t0, 300
wait:
    addi    t0, t0, -1
    bnez    t0, wait
    ret

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
.balign 4096
root:   .skip 4096
middle: .skip 4096
leaf:   .skip 4096
page_a: .skip 4096
page_b: .skip 4096
sum:    .skip 4096
