# Prints a prompt, sends back what is typed on the UART at 0x10000000, and passes at a 'q'.
.section .text.start, "ax"
.globl _start
_start:
    csrr    t0, mhartid
    bnez    t0, park
    li      s0, 0x10000000
    li      a0, '>'
    sb      a0, 0(s0)
# Received data raise the PLIC's interrupt 10, which wakes the hart of its wait without a trap: mstatus.MIE is 0.
    li      t0, 0x0c000028              # priority of source 10
    li      t1, 1
    sw      t1, 0(t0)
    li      t0, 0x0c002000              # enables of context 0: hart 0 in M-mode
    li      t1, 1 << 10
    sw      t1, 0(t0)
    li      t0, 1
    sb      t0, 1(s0)                   # IER: received data available
    li      t0, 1 << 11                 # mie.MEIE
    csrw    mie, t0
wait:
    wfi
    li      t0, 0x0c200004              # claim, and complete at once
    lw      t1, 0(t0)
    sw      t1, 0(t0)
read:
    lb      t0, 5(s0)                   # LSR: data ready
    andi    t0, t0, 1
    beqz    t0, wait
    lb      a0, 0(s0)
    sb      a0, 0(s0)
    li      t0, 'q'
    bne     a0, t0, read
    la      t0, tohost
    li      a0, 1
    sd      a0, 0(t0)
park:
    wfi
    j       park

.section .tohost, "aw"
.globl tohost
.type tohost, @object
.balign 64
tohost:
    .dword  0
