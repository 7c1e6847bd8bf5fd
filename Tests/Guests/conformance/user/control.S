// Branches taken and not, jumps and links, their compressed forms, FENCE and FENCE.I.
#include "user.h"

.macro TAKEN operation, one, other
    li      t0, \one
    li      t1, \other
    \operation t0, t1, 1f
    j       fail
2:  j       3f
1:  \operation t0, t1, 2b
    j       fail
3:
.endm

.macro NOT_TAKEN operation, one, other
    li      t0, \one
    li      t1, \other
    \operation t0, t1, 1f
    j       2f
1:  j       fail
2:
.endm

.globl user_main
user_main:
    CASE    2
    TAKEN   beq, 5, 5
    TAKEN   beq, -1, -1
    NOT_TAKEN beq, 0, 1
    NOT_TAKEN beq, 0x100000000, 0
    CASE    3
    TAKEN   bne, 0, 1
    TAKEN   bne, 0x100000000, 0
    NOT_TAKEN bne, 7, 7
    CASE    4
    TAKEN   blt, -1, 0
    TAKEN   blt, 0x8000000000000000, 0x7fffffffffffffff
    TAKEN   blt, 0, 1
    NOT_TAKEN blt, 0, 0
    NOT_TAKEN blt, 1, -1
    CASE    5
    TAKEN   bge, 0, 0
    TAKEN   bge, 1, -1
    NOT_TAKEN bge, -1, 0
    CASE    6
    TAKEN   bltu, 0, 1
    TAKEN   bltu, 1, -1
    NOT_TAKEN bltu, -1, 1
    NOT_TAKEN bltu, 3, 3
    CASE    7
    TAKEN   bgeu, -1, 1
    TAKEN   bgeu, 3, 3
    NOT_TAKEN bgeu, 0, 1
    CASE    8                   // links, of both lengths
    .option push
    .option norvc
    jal     t0, 1f
2:  j       fail
1:  la      t1, 2b
    EXPECT_SAME t0, t1
    la      t2, 1f
    jalr    t0, t2
2:  j       fail
1:  la      t1, 2b
    EXPECT_SAME t0, t1
    .option pop
    la      t2, 1f
    c.jalr  t2
2:  j       fail
1:  la      t1, 2b
    EXPECT_SAME ra, t1
    la      t2, 1f
    c.jr    t2
    j       fail
1:  CASE    9                   // c.jalr whose target register is its link
    la      ra, 1f
    c.jalr  ra
2:  j       fail
1:  la      t1, 2b
    EXPECT_SAME ra, t1
    CASE    10                  // c.beqz and c.bnez
    li      a0, 0
    c.beqz  a0, 1f
    j       fail
1:  c.bnez  a0, 1f
    j       2f
1:  j       fail
2:  li      a0, 0x100000000
    c.bnez  a0, 1f
    j       fail
1:  c.beqz  a0, 1f
    j       2f
1:  j       fail
2:
    CASE    11                  // a loop whose counter is sixty-four bits wide
    li      t0, 0x100000005
    li      t1, 0x100000000
    li      t2, 0
1:  addi    t2, t2, 1
    addi    t0, t0, -1
    bne     t0, t1, 1b
    EXPECT  t2, 5
    CASE    12                  // fences
    fence
    fence.tso
    fence   r, w
    .4byte  0x0100000f          // pause, a hint
    .4byte  0x0ff00f8f          // reserved fields of FENCE are ignored
    CASE    13                  // code written, fenced, executed
    la      t0, 1f
    li      t1, 0x00700513      // li a0, 7
    li      a0, 0
    sw      t1, 0(t0)
    fence.i
    .balign 4
1:  .4byte  0x00100513          // li a0, 1
    EXPECT  a0, 7
    CASE    14                  // far targets, both ways
    j       far
back:
    la      t0, farther
    jr      t0
    .space  8192
far:
    j       back
    .space  70000
farther:
    PASS
