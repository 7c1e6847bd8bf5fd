// What every conformance guest speaks: numbered checks, expected traps, changes of mode.
//
//   gp   the number of the check at hand; it becomes the failure's number
//   s11  the cause of the trap that must come next, or -1
//   s10  where to resume after it
//   s9   mtval or stval of the last trap; s8 its epc; s7 its mstatus or sstatus; s6 the mode that took it (3 or 1)
//   t6   scratch of every macro
//
// Written from the specifications: "Priv" is the RISC-V Privileged Architecture 1.12, "Unpriv" the Unprivileged ISA.

#define CALL_TO_MACHINE 0x4d41
#define CALL_EXIT       0x4558

#define PTE_V 0x01
#define PTE_R 0x02
#define PTE_W 0x04
#define PTE_X 0x08
#define PTE_U 0x10
#define PTE_G 0x20
#define PTE_A 0x40
#define PTE_D 0x80

#define MSTATUS_SIE  0x00000002
#define MSTATUS_MIE  0x00000008
#define MSTATUS_SPIE 0x00000020
#define MSTATUS_MPIE 0x00000080
#define MSTATUS_SPP  0x00000100
#define MSTATUS_MPP  0x00001800
#define MSTATUS_FS   0x00006000
#define MSTATUS_MPRV 0x00020000
#define MSTATUS_SUM  0x00040000
#define MSTATUS_MXR  0x00080000
#define MSTATUS_TVM  0x00100000
#define MSTATUS_TW   0x00200000
#define MSTATUS_TSR  0x00400000

#define CAUSE_FETCH_ACCESS     1
#define CAUSE_ILLEGAL          2
#define CAUSE_BREAKPOINT       3
#define CAUSE_LOAD_MISALIGNED  4
#define CAUSE_LOAD_ACCESS      5
#define CAUSE_STORE_MISALIGNED 6
#define CAUSE_STORE_ACCESS     7
#define CAUSE_CALL_USER        8
#define CAUSE_CALL_SUPERVISOR  9
#define CAUSE_CALL_MACHINE     11
#define CAUSE_FETCH_PAGE       12
#define CAUSE_LOAD_PAGE        13
#define CAUSE_STORE_PAGE       15
#define INTERRUPT              0x8000000000000000

// Nothing answers at this physical address, neither on QEMU's virt board nor on ours.
#define NOTHING 0x18000000
#define CLINT   0x02000000

.macro CASE number
    li      gp, \number
.endm

// The register must hold the 64-bit constant.
.macro EXPECT register, value
    li      t6, \value
    beq     \register, t6, .Lequal\@
    j       fail
.Lequal\@:
.endm

.macro EXPECT_SAME one, other
    beq     \one, \other, .Lsame\@
    j       fail
.Lsame\@:
.endm

.macro EXPECT_ZERO register
    beqz    \register, .Lzero\@
    j       fail
.Lzero\@:
.endm

.macro EXPECT_NONZERO register
    bnez    \register, .Lnonzero\@
    j       fail
.Lnonzero\@:
.endm

// The instruction must trap with this cause, its epc must be its address; execution goes on behind the macro.
.macro TRAP cause, instruction:vararg
    li      s11, \cause
    la      s10, .Lafter\@
.Lat\@:
    \instruction
    j       fail
.Lafter\@:
    la      t6, .Lat\@
    EXPECT_SAME s8, t6
.endm

// A jump to the address in `register` must trap with this cause at the target, and has written the link.
.macro TRAP_FETCH cause, register
    li      s11, \cause
    la      s10, .Lafter\@
    mv      s5, \register
    jalr    ra, \register
.Lafter\@:
    EXPECT  s11, -1
    EXPECT_SAME s8, s5
    la      t6, .Lafter\@
    EXPECT_SAME ra, t6
.endm

// The interrupt must be taken within the instructions given (a nop where none is).
.macro INTERRUPTED cause, instruction:vararg
    li      s11, INTERRUPT | \cause
    la      s10, .Lafter\@
    \instruction
    nop
    nop
    j       fail
.Lafter\@:
.endm

// MIE is clear then, and after the way back.
.macro LEAVE_TO mode
    li      t6, MSTATUS_MPP | MSTATUS_MPIE
    csrc    mstatus, t6
    li      t6, \mode << 11
    csrs    mstatus, t6
    la      t6, .Lentered\@
    csrw    mepc, t6
    mret
.Lentered\@:
.endm

// From M-mode, to the next instruction.
.macro TO_SUPERVISOR
    LEAVE_TO 1
.endm

.macro TO_USER
    LEAVE_TO 0
.endm

// From S- or U-mode, to the next instruction. U-mode's call may be delegated; S-mode's may not.
.macro TO_MACHINE
    li      a7, CALL_TO_MACHINE
    ecall
.endm

.macro PASS
    li      gp, 0
    li      a7, CALL_EXIT
    ecall
.endm
