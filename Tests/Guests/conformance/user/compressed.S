// C: every form, its immediates' ends, and the hints (Unpriv, C).
#include "user.h"

.globl user_main
user_main:
    CASE    2
    li      a0, 5
    c.addi  a0, 31
    EXPECT  a0, 36
    c.addi  a0, -32
    EXPECT  a0, 4
    li      a0, 0x7fffffff
    c.addiw a0, 1
    EXPECT  a0, -0x80000000
    c.addiw a0, 0               // sext.w
    li      a0, 0x1234567880000000
    c.addiw a0, 0
    EXPECT  a0, -0x80000000
    c.li    a0, -32
    EXPECT  a0, -32
    c.li    a0, 31
    EXPECT  a0, 31
    CASE    3
    c.lui   a0, 1
    EXPECT  a0, 0x1000
    c.lui   a0, 31
    EXPECT  a0, 0x1f000
    c.lui   a0, 0xfffe0
    EXPECT  a0, -0x20000
    c.lui   a0, 0xfffff
    EXPECT  a0, -0x1000
    CASE    4                   // the stack pointer's
    li      sp, 0x1000
    c.addi16sp sp, 496
    EXPECT  sp, 0x11f0
    c.addi16sp sp, -512
    EXPECT  sp, 0xff0
    c.addi4spn a0, sp, 4
    EXPECT  a0, 0xff4
    c.addi4spn a5, sp, 1020
    EXPECT  a5, 0x13ec
    CASE    5
    li      a0, 0x8000000000000001
    c.slli  a0, 1
    EXPECT  a0, 2
    c.slli  a0, 62
    EXPECT  a0, 0x8000000000000000
    c.srai  a0, 63
    EXPECT  a0, -1
    c.srli  a0, 33
    EXPECT  a0, 0x7fffffff
    c.srli  a0, 1
    EXPECT  a0, 0x3fffffff
    c.andi  a0, -32
    EXPECT  a0, 0x3fffffe0
    c.andi  a0, 31
    EXPECT_ZERO a0
    li      ra, 1               // any register
    c.slli  ra, 40
    EXPECT  ra, 1 << 40
    CASE    6
    li      a0, 0xff00
    li      a1, 0x0ff0
    c.and   a0, a1
    EXPECT  a0, 0x0f00
    c.or    a0, a1
    EXPECT  a0, 0x0ff0
    c.xor   a0, a1
    EXPECT_ZERO a0
    c.sub   a0, a1
    EXPECT  a0, -0xff0
    li      a0, 0x7fffffff
    li      a1, 1
    c.addw  a0, a1
    EXPECT  a0, -0x80000000
    c.subw  a0, a1
    EXPECT  a0, 0x7fffffff
    CASE    7
    li      t3, 77
    c.mv    t4, t3
    EXPECT  t4, 77
    c.add   t4, t3
    EXPECT  t4, 154
    c.add   t4, t4
    EXPECT  t4, 308
    CASE    8                   // loads and stores, at both ends of their reach
    la      a0, data
    li      a1, 0x80000001
    c.sw    a1, 0(a0)
    c.sw    a1, 124(a0)
    c.lw    a2, 0(a0)
    EXPECT  a2, 0xffffffff80000001
    c.lw    a2, 124(a0)
    EXPECT  a2, 0xffffffff80000001
    li      a1, 0x123456789abcdef0
    c.sd    a1, 8(a0)
    c.sd    a1, 248(a0)
    c.ld    a2, 8(a0)
    EXPECT_SAME a1, a2
    c.ld    a0, 248(a0)
    EXPECT_SAME a1, a0
    CASE    9
    la      a0, data
    fmv.d.x f8, a1
    c.fsd   f8, 16(a0)
    c.fsd   f8, 240(a0)
    c.fld   f15, 16(a0)
    fmv.x.d a2, f15
    EXPECT_SAME a1, a2
    c.fld   f9, 240(a0)
    fmv.x.d a2, f9
    EXPECT_SAME a1, a2
    CASE    10
    la      sp, data
    li      t3, 0x80000002
    c.swsp  t3, 0(sp)
    c.swsp  t3, 252(sp)
    c.lwsp  t4, 252(sp)
    EXPECT  t4, 0xffffffff80000002
    c.sdsp  a1, 504(sp)
    c.ldsp  t4, 504(sp)
    EXPECT_SAME a1, t4
    c.sdsp  a1, 0(sp)
    c.ldsp  ra, 0(sp)
    EXPECT_SAME a1, ra
    c.fsdsp f8, 496(sp)
    c.fldsp f31, 496(sp)
    fmv.x.d t4, f31
    EXPECT_SAME a1, t4
    CASE    11                  // hints do nothing
    .2byte  0x0005              // c.nop 1
    .2byte  0x4005              // c.li x0, 1
    .2byte  0x6005              // c.lui x0, 1
    .2byte  0x0006              // c.slli x0, 1
    .2byte  0x8006              // c.mv x0, x1
    .2byte  0x9006              // c.add x0, x1
    EXPECT_ZERO zero
    li      a0, 3
    .2byte  0x0501              // c.addi a0, 0
    .2byte  0x0502              // c.slli a0, 0
    .2byte  0x8101              // c.srli a0, 0
    .2byte  0x8501              // c.srai a0, 0
    EXPECT  a0, 3
    CASE    12                  // jumps to their farthest, both ways
    c.j     2f
1:  c.j     3f
    .option push
    .option norvc
    .rept   500
    nop
    .endr
    .option pop
2:  c.j     1b
3:  CASE    13                  // mixed lengths: instructions of four bytes at every boundary of two
    li      a0, 0
    c.nop
    addi    a0, a0, 100
    c.addi  a0, 1
    addi    a0, a0, 200
    addi    a0, a0, 300
    c.addi  a0, 1
    EXPECT  a0, 602
    PASS

.data
.balign 8
data:
    .space  512
