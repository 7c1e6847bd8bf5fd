// Illegal instructions: reserved encodings, privileged instructions in lower modes, absent CSRs, F and D while FS is off.
// mtval holds the instruction's bits (Priv 3.1.16: zero or the bits; ours are the bits).
#include "conformance.h"

.macro ILLEGAL_WORD word
    TRAP    CAUSE_ILLEGAL, .4byte \word
    EXPECT  s9, \word
.endm

.macro ILLEGAL_HALF half
    TRAP    CAUSE_ILLEGAL, .2byte \half
    EXPECT  s9, \half
.endm

.macro RESERVED first
    CASE    \first
    ILLEGAL_HALF 0x0000         // defined illegal
    ILLEGAL_WORD 0xffffffff
    CASE    \first + 1
    ILLEGAL_WORD 0x00007003     // load of width 7
    ILLEGAL_WORD 0x00004023     // store of width 4
    ILLEGAL_WORD 0x00002063     // branch 2
    ILLEGAL_WORD 0x00003063     // branch 3
    ILLEGAL_WORD 0x00001067     // jalr, funct3 1
    ILLEGAL_WORD 0x0000300f     // misc-mem, funct3 3
    CASE    \first + 2
    ILLEGAL_WORD 0x02001013 | 1 << 26   // slli, a high bit set
    ILLEGAL_WORD 0x80005013     // srli, bit 31
    ILLEGAL_WORD 0x0200101b     // slliw by 32
    ILLEGAL_WORD 0x0200501b     // srliw by 32
    ILLEGAL_WORD 0x4200501b     // sraiw by 32
    ILLEGAL_WORD 0x0000201b     // op-imm-32, funct3 2
    CASE    \first + 3
    ILLEGAL_WORD 0x40001033     // sll with funct7 0x20
    ILLEGAL_WORD 0x04000033     // add with funct7 2
    ILLEGAL_WORD 0x0200103b     // mulw has no funct3 1
    ILLEGAL_WORD 0x0000203b     // op-32, funct3 2
    ILLEGAL_WORD 0x80000033
    CASE    \first + 4
    ILLEGAL_WORD 0x1010202f     // lr.w with rs2
    ILLEGAL_WORD 0x0000102f     // amo of a halfword
    ILLEGAL_WORD 0x2800202f     // amo, funct5 5
    CASE    \first + 5
    ILLEGAL_WORD 0x00000073 | 1 << 7    // ecall with rd
    ILLEGAL_WORD 0x00008073     // ecall with rs1
    ILLEGAL_WORD 0x00004073     // system, funct3 4
    ILLEGAL_WORD 0x00200073     // uret
    ILLEGAL_WORD 0x7b200073     // dret
    CASE    \first + 6
    ILLEGAL_HALF 0x9c41         // c.subw's reserved neighbour
    ILLEGAL_HALF 0x9c61
    ILLEGAL_HALF 0x8002         // c.jr x0
    ILLEGAL_HALF 0x2001         // c.addiw x0
    ILLEGAL_HALF 0x4002         // c.lwsp x0
    ILLEGAL_HALF 0x6002         // c.ldsp x0
    ILLEGAL_HALF 0x6101         // c.addi16sp 0
    ILLEGAL_HALF 0x6281         // c.lui t0, 0
    ILLEGAL_HALF 0x0004         // c.addi4spn 0
    ILLEGAL_HALF 0x8000         // quadrant 0, funct3 4
    CASE    \first + 7
    ILLEGAL_WORD 0x0000000b     // custom-0, custom-1, the vector opcode, an opcode of 48 bits
    ILLEGAL_WORD 0x0000002b
    ILLEGAL_WORD 0x00000057
    ILLEGAL_WORD 0x0000001f
    CASE    \first + 8
    ILLEGAL_WORD 0x04000053     // half precision
    ILLEGAL_WORD 0x06000053     // quad precision
    ILLEGAL_WORD 0x00005053     // fadd.s with rounding mode 5
    ILLEGAL_WORD 0x58100053     // fsqrt.s with rs2
    ILLEGAL_WORD 0x20003053     // fsgnj funct3 3
    ILLEGAL_WORD 0xa0003053     // fcmp funct3 3
    ILLEGAL_WORD 0xc0400053     // fcvt from 4
    ILLEGAL_WORD 0x40000053     // fcvt.s.s
    ILLEGAL_WORD 0x42100053     // fcvt.d.d
    ILLEGAL_WORD 0xe0100053     // fmv.x.w with rs2
    ILLEGAL_WORD 0xe0002053     // fclass funct3 2
    ILLEGAL_WORD 0x04000043     // fmadd of half precision
    ILLEGAL_WORD 0x00001007     // flh
    ILLEGAL_WORD 0x00001027     // fsh
    ILLEGAL_WORD 0x00004007     // flq
.endm

.macro ABSENT_CSR number
    TRAP    CAUSE_ILLEGAL, csrr t0, \number
    TRAP    CAUSE_ILLEGAL, csrw \number, zero
.endm

.globl main
main:
    li      t0, 7
    csrw    mcounteren, t0
    csrw    scounteren, t0
    RESERVED 2
    CASE    12
    ABSENT_CSR 0x004            // ustatus and its like are gone
    ABSENT_CSR 0x102            // sedeleg
    ABSENT_CSR 0x310            // mstatush is RV32's
    ABSENT_CSR 0x280            // vsatp
    ABSENT_CSR 0x600            // hstatus
    ABSENT_CSR 0xc80            // cycleh
    ABSENT_CSR 0xb80
    ABSENT_CSR 0x3a1            // pmpcfg1 is RV32's
    ABSENT_CSR 0x3a3
    ABSENT_CSR 0x800
    ABSENT_CSR 0xfff

    CASE    13                  // the illegal instruction changes nothing
    li      t0, 0x1234
    TRAP    CAUSE_ILLEGAL, csrrw t0, 0x800, t0
    EXPECT  t0, 0x1234

    // S-mode: M's CSRs and MRET.
    TO_SUPERVISOR
    RESERVED 20
    CASE    30
    TRAP    CAUSE_ILLEGAL, mret
    EXPECT  s9, 0x30200073
    TRAP    CAUSE_ILLEGAL, csrr t0, mstatus
    TRAP    CAUSE_ILLEGAL, csrw mscratch, t0
    TRAP    CAUSE_ILLEGAL, csrr t0, mhartid
    TRAP    CAUSE_ILLEGAL, csrr t0, pmpcfg0
    TRAP    CAUSE_ILLEGAL, csrr t0, mcycle
    TRAP    CAUSE_ILLEGAL, csrr t0, 0x7a0
    CASE    31                  // S's own are there
    csrr    t0, sstatus
    csrr    t0, satp
    sfence.vma
    TO_MACHINE

    // U-mode.
    TO_USER
    RESERVED 40
    CASE    50
    TRAP    CAUSE_ILLEGAL, mret
    TRAP    CAUSE_ILLEGAL, sret
    EXPECT  s9, 0x10200073
    TRAP    CAUSE_ILLEGAL, sfence.vma
    EXPECT  s9, 0x12000073
    TRAP    CAUSE_ILLEGAL, wfi
    EXPECT  s9, 0x10500073
    CASE    51
    TRAP    CAUSE_ILLEGAL, csrr t0, mstatus
    TRAP    CAUSE_ILLEGAL, csrr t0, sstatus
    TRAP    CAUSE_ILLEGAL, csrw sscratch, t0
    TRAP    CAUSE_ILLEGAL, csrr t0, satp
    TRAP    CAUSE_ILLEGAL, csrr t0, sip
    TRAP    CAUSE_ILLEGAL, csrr t0, stimecmp
    TO_MACHINE

    // FS off: everything that touches F or D is illegal, in every mode.
    li      t0, MSTATUS_FS
    csrc    mstatus, t0
    la      a0, data
    la      sp, data
    CASE    60
    TRAP    CAUSE_ILLEGAL, fadd.s f0, f0, f0
    TRAP    CAUSE_ILLEGAL, fmadd.d f0, f0, f0, f0
    TRAP    CAUSE_ILLEGAL, flw f0, 0(a0)
    TRAP    CAUSE_ILLEGAL, fld f0, 0(a0)
    TRAP    CAUSE_ILLEGAL, fsw f0, 0(a0)
    TRAP    CAUSE_ILLEGAL, fsd f0, 0(a0)
    TRAP    CAUSE_ILLEGAL, fmv.x.w t0, f0
    TRAP    CAUSE_ILLEGAL, fmv.d.x f0, t0
    TRAP    CAUSE_ILLEGAL, fclass.s t0, f0
    TRAP    CAUSE_ILLEGAL, feq.d t0, f0, f0
    CASE    61
    TRAP    CAUSE_ILLEGAL, csrr t0, fcsr
    TRAP    CAUSE_ILLEGAL, csrr t0, frm
    TRAP    CAUSE_ILLEGAL, csrw fflags, t0
    CASE    62
    ILLEGAL_HALF 0x2108         // c.fld fa0, 0(a0)
    ILLEGAL_HALF 0xa108         // c.fsd fa0, 0(a0)
    ILLEGAL_HALF 0x2002         // c.fldsp f0, 0(sp)
    ILLEGAL_HALF 0xa002         // c.fsdsp f0, 0(sp)
    CASE    63                  // an address that faults does not matter then
    li      a0, NOTHING
    TRAP    CAUSE_ILLEGAL, fld f0, 0(a0)

    // A dynamic rounding mode that is reserved.
    li      t0, MSTATUS_FS
    csrs    mstatus, t0
    CASE    64
    fsrmi   5
    TRAP    CAUSE_ILLEGAL, fadd.s f0, f0, f0
    fsrmi   7
    TRAP    CAUSE_ILLEGAL, fcvt.w.d t0, f0
    fadd.s  f0, f0, f0, rtz
    fsgnj.d f0, f0, f0
    fsrmi   0
    PASS

.data
.balign 8
data:
    .dword  0
