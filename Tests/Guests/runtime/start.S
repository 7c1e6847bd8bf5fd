# Entry of bare guests written in C: a stack, a cleared .bss, floating point on, then main on hart 0.
# main's return value n ends the guest: 0 passes (tohost = 1), anything else is the number of the test that failed.
.section .text.start, "ax"
.globl _start
_start:
    csrr    t0, mhartid
    bnez    t0, park
    la      t0, trapped
    csrw    mtvec, t0
    la      sp, stack_top
    li      t0, 0x2000                  # mstatus.FS = initial
    csrs    mstatus, t0
    la      t0, bss_start
    la      t1, bss_end
1:  bgeu    t0, t1, 2f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       1b
2:  call    main
    slli    a0, a0, 1
    ori     a0, a0, 1
finish:
    la      t0, tohost
    sd      a0, 0(t0)
park:
    wfi
    j       park

# A trap that the guest did not expect fails as test 1000 + mcause.
.balign 4
trapped:
    csrr    a0, mcause
    andi    a0, a0, 63
    addi    a0, a0, 1000
    slli    a0, a0, 1
    ori     a0, a0, 1
    j       finish

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
