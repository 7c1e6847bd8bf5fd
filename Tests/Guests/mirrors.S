# A page table that no kernel would make, for whoever follows it: tables that contain themselves, one table of 4 KiB leaves
# in every entry of the table above, with neighbours swapped so that no two translations can be joined: 262,144 of them, and
# every MMIO page and superpages that are out of line or outside RAM besides. The guest only names the table in satp and
# passes.
.section .text.start, "ax"
.globl _start
_start:
    csrr    t0, mhartid
    bnez    t0, park
    la      s2, root
    la      s3, middle
    la      s4, leaves
    srli    t0, s2, 2
    ori     t0, t0, 0x01                # V: the next table, which is this one
    sd      t0, 0(s2)
    sd      t0, 2040(s2)
    srli    t0, s3, 2
    ori     t0, t0, 0x01
    sd      t0, 8(s2)                   # 0x4000_0000: the mirrors
    li      t0, 0xcf                    # 0x8000_0000: 1 GiB at 0, devices only: D A X W R V
    sd      t0, 16(s2)
    li      t0, (0x80200000 >> 2) | 0xcf  # out of line
    sd      t0, 24(s2)
    li      t0, (0x100000000 >> 2) | 0xcf
    sd      t0, 32(s2)

    li      t1, 0
    li      t2, 512
    srli    s5, s4, 2
    ori     s5, s5, 0x01
    li      s6, 0x80000000
fill:
    slli    t3, t1, 3
    add     t4, s3, t3
    sd      s5, 0(t4)
    xori    t5, t1, 1
    slli    t5, t5, 12
    add     t5, t5, s6
    srli    t5, t5, 2
    ori     t5, t5, 0xc7                # D A W R V
    add     t4, s4, t3
    sd      t5, 0(t4)
    addi    t1, t1, 1
    bne     t1, t2, fill

    srli    t0, s2, 12
    li      t1, 8 << 60
    or      t0, t0, t1
    csrw    satp, t0
    li      t0, 1
    la      t1, tohost
    sd      t0, 0(t1)
park:
    wfi
    j       park

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
leaves: .skip 4096
