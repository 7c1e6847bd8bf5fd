// RV64I on registers: every operation at the edges of signs and widths, sources and destination the same.
#include "user.h"

.macro RR operation, result, one, other
    li      t0, \one
    li      t1, \other
    \operation t2, t0, t1
    EXPECT  t2, \result
.endm

// The destination is the first source, the second, and x0; both sources are one.
.macro SAME operation, result, one, other, squared
    li      t0, \one
    li      t1, \other
    \operation t0, t0, t1
    EXPECT  t0, \result
    li      t0, \one
    \operation t1, t0, t1
    EXPECT  t1, \result
    \operation zero, t0, t0
    EXPECT_ZERO zero
    \operation t0, t0, t0
    EXPECT  t0, \squared
.endm

.macro RI operation, result, one, immediate
    li      t0, \one
    \operation t1, t0, \immediate
    EXPECT  t1, \result
    \operation t0, t0, \immediate
    EXPECT  t0, \result
.endm

.globl user_main
user_main:
    CASE    2
    RR      add, 0x0, 0x0, 0x0
    RR      add, 0x2, 0x1, 0x1
    RR      add, 0xa, 0x3, 0x7
    RR      add, 0x0, 0xffffffffffffffff, 0x1
    RR      add, 0xfffffffffffffffe, 0xffffffffffffffff, 0xffffffffffffffff
    RR      add, 0x80000000, 0x7fffffff, 0x1
    RR      add, 0xffffffff, 0x80000000, 0x7fffffff
    RR      add, 0x7fffffff, 0xffffffff80000000, 0xffffffff
    RR      add, 0x8000000000000000, 0x7fffffffffffffff, 0x1
    RR      add, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
    RR      add, 0x800000000000003f, 0x8000000000000000, 0x3f
    RR      add, 0x123456789abcdf11, 0x123456789abcdef0, 0x21
    RR      add, 0xfedcba9876543250, 0xfedcba9876543210, 0x40
    RR      add, 0x123456789abbdf0, 0x123456789abcdef, 0xfffffffffffff001
    SAME    add, 0xfedcba9876543221, 0xfedcba9876543210, 0x11, 0xfdb97530eca86420
    CASE    3
    RR      sub, 0x0, 0x0, 0x0
    RR      sub, 0x0, 0x1, 0x1
    RR      sub, 0xfffffffffffffffc, 0x3, 0x7
    RR      sub, 0xfffffffffffffffe, 0xffffffffffffffff, 0x1
    RR      sub, 0x0, 0xffffffffffffffff, 0xffffffffffffffff
    RR      sub, 0x7ffffffe, 0x7fffffff, 0x1
    RR      sub, 0x1, 0x80000000, 0x7fffffff
    RR      sub, 0xfffffffe80000001, 0xffffffff80000000, 0xffffffff
    RR      sub, 0x7ffffffffffffffe, 0x7fffffffffffffff, 0x1
    RR      sub, 0x8000000000000001, 0x8000000000000000, 0xffffffffffffffff
    RR      sub, 0x7fffffffffffffc1, 0x8000000000000000, 0x3f
    RR      sub, 0x123456789abcdecf, 0x123456789abcdef0, 0x21
    RR      sub, 0xfedcba98765431d0, 0xfedcba9876543210, 0x40
    RR      sub, 0x123456789abddee, 0x123456789abcdef, 0xfffffffffffff001
    SAME    sub, 0xfedcba98765431ff, 0xfedcba9876543210, 0x11, 0x0
    CASE    4
    RR      sll, 0x0, 0x0, 0x0
    RR      sll, 0x2, 0x1, 0x1
    RR      sll, 0x180, 0x3, 0x7
    RR      sll, 0xfffffffffffffffe, 0xffffffffffffffff, 0x1
    RR      sll, 0x8000000000000000, 0xffffffffffffffff, 0xffffffffffffffff
    RR      sll, 0xfffffffe, 0x7fffffff, 0x1
    RR      sll, 0x0, 0x80000000, 0x7fffffff
    RR      sll, 0x0, 0xffffffff80000000, 0xffffffff
    RR      sll, 0xfffffffffffffffe, 0x7fffffffffffffff, 0x1
    RR      sll, 0x0, 0x8000000000000000, 0xffffffffffffffff
    RR      sll, 0x0, 0x8000000000000000, 0x3f
    RR      sll, 0x3579bde000000000, 0x123456789abcdef0, 0x21
    RR      sll, 0xfedcba9876543210, 0xfedcba9876543210, 0x40
    RR      sll, 0x2468acf13579bde, 0x123456789abcdef, 0xfffffffffffff001
    SAME    sll, 0x7530eca864200000, 0xfedcba9876543210, 0x11, 0xba98765432100000
    CASE    5
    RR      slt, 0x0, 0x0, 0x0
    RR      slt, 0x0, 0x1, 0x1
    RR      slt, 0x1, 0x3, 0x7
    RR      slt, 0x1, 0xffffffffffffffff, 0x1
    RR      slt, 0x0, 0xffffffffffffffff, 0xffffffffffffffff
    RR      slt, 0x0, 0x7fffffff, 0x1
    RR      slt, 0x0, 0x80000000, 0x7fffffff
    RR      slt, 0x1, 0xffffffff80000000, 0xffffffff
    RR      slt, 0x0, 0x7fffffffffffffff, 0x1
    RR      slt, 0x1, 0x8000000000000000, 0xffffffffffffffff
    RR      slt, 0x1, 0x8000000000000000, 0x3f
    RR      slt, 0x0, 0x123456789abcdef0, 0x21
    RR      slt, 0x1, 0xfedcba9876543210, 0x40
    RR      slt, 0x0, 0x123456789abcdef, 0xfffffffffffff001
    SAME    slt, 0x1, 0xfedcba9876543210, 0x11, 0x0
    CASE    6
    RR      sltu, 0x0, 0x0, 0x0
    RR      sltu, 0x0, 0x1, 0x1
    RR      sltu, 0x1, 0x3, 0x7
    RR      sltu, 0x0, 0xffffffffffffffff, 0x1
    RR      sltu, 0x0, 0xffffffffffffffff, 0xffffffffffffffff
    RR      sltu, 0x0, 0x7fffffff, 0x1
    RR      sltu, 0x0, 0x80000000, 0x7fffffff
    RR      sltu, 0x0, 0xffffffff80000000, 0xffffffff
    RR      sltu, 0x0, 0x7fffffffffffffff, 0x1
    RR      sltu, 0x1, 0x8000000000000000, 0xffffffffffffffff
    RR      sltu, 0x0, 0x8000000000000000, 0x3f
    RR      sltu, 0x0, 0x123456789abcdef0, 0x21
    RR      sltu, 0x0, 0xfedcba9876543210, 0x40
    RR      sltu, 0x1, 0x123456789abcdef, 0xfffffffffffff001
    SAME    sltu, 0x0, 0xfedcba9876543210, 0x11, 0x0
    CASE    7
    RR      xor, 0x0, 0x0, 0x0
    RR      xor, 0x0, 0x1, 0x1
    RR      xor, 0x4, 0x3, 0x7
    RR      xor, 0xfffffffffffffffe, 0xffffffffffffffff, 0x1
    RR      xor, 0x0, 0xffffffffffffffff, 0xffffffffffffffff
    RR      xor, 0x7ffffffe, 0x7fffffff, 0x1
    RR      xor, 0xffffffff, 0x80000000, 0x7fffffff
    RR      xor, 0xffffffff7fffffff, 0xffffffff80000000, 0xffffffff
    RR      xor, 0x7ffffffffffffffe, 0x7fffffffffffffff, 0x1
    RR      xor, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
    RR      xor, 0x800000000000003f, 0x8000000000000000, 0x3f
    RR      xor, 0x123456789abcded1, 0x123456789abcdef0, 0x21
    RR      xor, 0xfedcba9876543250, 0xfedcba9876543210, 0x40
    RR      xor, 0xfedcba9876543dee, 0x123456789abcdef, 0xfffffffffffff001
    SAME    xor, 0xfedcba9876543201, 0xfedcba9876543210, 0x11, 0x0
    CASE    8
    RR      srl, 0x0, 0x0, 0x0
    RR      srl, 0x0, 0x1, 0x1
    RR      srl, 0x0, 0x3, 0x7
    RR      srl, 0x7fffffffffffffff, 0xffffffffffffffff, 0x1
    RR      srl, 0x1, 0xffffffffffffffff, 0xffffffffffffffff
    RR      srl, 0x3fffffff, 0x7fffffff, 0x1
    RR      srl, 0x0, 0x80000000, 0x7fffffff
    RR      srl, 0x1, 0xffffffff80000000, 0xffffffff
    RR      srl, 0x3fffffffffffffff, 0x7fffffffffffffff, 0x1
    RR      srl, 0x1, 0x8000000000000000, 0xffffffffffffffff
    RR      srl, 0x1, 0x8000000000000000, 0x3f
    RR      srl, 0x91a2b3c, 0x123456789abcdef0, 0x21
    RR      srl, 0xfedcba9876543210, 0xfedcba9876543210, 0x40
    RR      srl, 0x91a2b3c4d5e6f7, 0x123456789abcdef, 0xfffffffffffff001
    SAME    srl, 0x7f6e5d4c3b2a, 0xfedcba9876543210, 0x11, 0xfedcba987654
    CASE    9
    RR      sra, 0x0, 0x0, 0x0
    RR      sra, 0x0, 0x1, 0x1
    RR      sra, 0x0, 0x3, 0x7
    RR      sra, 0xffffffffffffffff, 0xffffffffffffffff, 0x1
    RR      sra, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
    RR      sra, 0x3fffffff, 0x7fffffff, 0x1
    RR      sra, 0x0, 0x80000000, 0x7fffffff
    RR      sra, 0xffffffffffffffff, 0xffffffff80000000, 0xffffffff
    RR      sra, 0x3fffffffffffffff, 0x7fffffffffffffff, 0x1
    RR      sra, 0xffffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
    RR      sra, 0xffffffffffffffff, 0x8000000000000000, 0x3f
    RR      sra, 0x91a2b3c, 0x123456789abcdef0, 0x21
    RR      sra, 0xfedcba9876543210, 0xfedcba9876543210, 0x40
    RR      sra, 0x91a2b3c4d5e6f7, 0x123456789abcdef, 0xfffffffffffff001
    SAME    sra, 0xffffff6e5d4c3b2a, 0xfedcba9876543210, 0x11, 0xfffffedcba987654
    CASE    10
    RR      or, 0x0, 0x0, 0x0
    RR      or, 0x1, 0x1, 0x1
    RR      or, 0x7, 0x3, 0x7
    RR      or, 0xffffffffffffffff, 0xffffffffffffffff, 0x1
    RR      or, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
    RR      or, 0x7fffffff, 0x7fffffff, 0x1
    RR      or, 0xffffffff, 0x80000000, 0x7fffffff
    RR      or, 0xffffffffffffffff, 0xffffffff80000000, 0xffffffff
    RR      or, 0x7fffffffffffffff, 0x7fffffffffffffff, 0x1
    RR      or, 0xffffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
    RR      or, 0x800000000000003f, 0x8000000000000000, 0x3f
    RR      or, 0x123456789abcdef1, 0x123456789abcdef0, 0x21
    RR      or, 0xfedcba9876543250, 0xfedcba9876543210, 0x40
    RR      or, 0xfffffffffffffdef, 0x123456789abcdef, 0xfffffffffffff001
    SAME    or, 0xfedcba9876543211, 0xfedcba9876543210, 0x11, 0xfedcba9876543210
    CASE    11
    RR      and, 0x0, 0x0, 0x0
    RR      and, 0x1, 0x1, 0x1
    RR      and, 0x3, 0x3, 0x7
    RR      and, 0x1, 0xffffffffffffffff, 0x1
    RR      and, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
    RR      and, 0x1, 0x7fffffff, 0x1
    RR      and, 0x0, 0x80000000, 0x7fffffff
    RR      and, 0x80000000, 0xffffffff80000000, 0xffffffff
    RR      and, 0x1, 0x7fffffffffffffff, 0x1
    RR      and, 0x8000000000000000, 0x8000000000000000, 0xffffffffffffffff
    RR      and, 0x0, 0x8000000000000000, 0x3f
    RR      and, 0x20, 0x123456789abcdef0, 0x21
    RR      and, 0x0, 0xfedcba9876543210, 0x40
    RR      and, 0x123456789abc001, 0x123456789abcdef, 0xfffffffffffff001
    SAME    and, 0x10, 0xfedcba9876543210, 0x11, 0xfedcba9876543210
    CASE    12
    RR      addw, 0x0, 0x0, 0x0
    RR      addw, 0x2, 0x1, 0x1
    RR      addw, 0xa, 0x3, 0x7
    RR      addw, 0x0, 0xffffffffffffffff, 0x1
    RR      addw, 0xfffffffffffffffe, 0xffffffffffffffff, 0xffffffffffffffff
    RR      addw, 0xffffffff80000000, 0x7fffffff, 0x1
    RR      addw, 0xffffffffffffffff, 0x80000000, 0x7fffffff
    RR      addw, 0x7fffffff, 0xffffffff80000000, 0xffffffff
    RR      addw, 0x0, 0x7fffffffffffffff, 0x1
    RR      addw, 0xffffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
    RR      addw, 0x3f, 0x8000000000000000, 0x3f
    RR      addw, 0xffffffff9abcdf11, 0x123456789abcdef0, 0x21
    RR      addw, 0x76543250, 0xfedcba9876543210, 0x40
    RR      addw, 0xffffffff89abbdf0, 0x123456789abcdef, 0xfffffffffffff001
    SAME    addw, 0x76543221, 0xfedcba9876543210, 0x11, 0xffffffffeca86420
    CASE    13
    RR      subw, 0x0, 0x0, 0x0
    RR      subw, 0x0, 0x1, 0x1
    RR      subw, 0xfffffffffffffffc, 0x3, 0x7
    RR      subw, 0xfffffffffffffffe, 0xffffffffffffffff, 0x1
    RR      subw, 0x0, 0xffffffffffffffff, 0xffffffffffffffff
    RR      subw, 0x7ffffffe, 0x7fffffff, 0x1
    RR      subw, 0x1, 0x80000000, 0x7fffffff
    RR      subw, 0xffffffff80000001, 0xffffffff80000000, 0xffffffff
    RR      subw, 0xfffffffffffffffe, 0x7fffffffffffffff, 0x1
    RR      subw, 0x1, 0x8000000000000000, 0xffffffffffffffff
    RR      subw, 0xffffffffffffffc1, 0x8000000000000000, 0x3f
    RR      subw, 0xffffffff9abcdecf, 0x123456789abcdef0, 0x21
    RR      subw, 0x765431d0, 0xfedcba9876543210, 0x40
    RR      subw, 0xffffffff89abddee, 0x123456789abcdef, 0xfffffffffffff001
    SAME    subw, 0x765431ff, 0xfedcba9876543210, 0x11, 0x0
    CASE    14
    RR      sllw, 0x0, 0x0, 0x0
    RR      sllw, 0x2, 0x1, 0x1
    RR      sllw, 0x180, 0x3, 0x7
    RR      sllw, 0xfffffffffffffffe, 0xffffffffffffffff, 0x1
    RR      sllw, 0xffffffff80000000, 0xffffffffffffffff, 0xffffffffffffffff
    RR      sllw, 0xfffffffffffffffe, 0x7fffffff, 0x1
    RR      sllw, 0x0, 0x80000000, 0x7fffffff
    RR      sllw, 0x0, 0xffffffff80000000, 0xffffffff
    RR      sllw, 0xfffffffffffffffe, 0x7fffffffffffffff, 0x1
    RR      sllw, 0x0, 0x8000000000000000, 0xffffffffffffffff
    RR      sllw, 0x0, 0x8000000000000000, 0x3f
    RR      sllw, 0x3579bde0, 0x123456789abcdef0, 0x21
    RR      sllw, 0x76543210, 0xfedcba9876543210, 0x40
    RR      sllw, 0x13579bde, 0x123456789abcdef, 0xfffffffffffff001
    SAME    sllw, 0x64200000, 0xfedcba9876543210, 0x11, 0x32100000
    CASE    15
    RR      srlw, 0x0, 0x0, 0x0
    RR      srlw, 0x0, 0x1, 0x1
    RR      srlw, 0x0, 0x3, 0x7
    RR      srlw, 0x7fffffff, 0xffffffffffffffff, 0x1
    RR      srlw, 0x1, 0xffffffffffffffff, 0xffffffffffffffff
    RR      srlw, 0x3fffffff, 0x7fffffff, 0x1
    RR      srlw, 0x1, 0x80000000, 0x7fffffff
    RR      srlw, 0x1, 0xffffffff80000000, 0xffffffff
    RR      srlw, 0x7fffffff, 0x7fffffffffffffff, 0x1
    RR      srlw, 0x0, 0x8000000000000000, 0xffffffffffffffff
    RR      srlw, 0x0, 0x8000000000000000, 0x3f
    RR      srlw, 0x4d5e6f78, 0x123456789abcdef0, 0x21
    RR      srlw, 0x76543210, 0xfedcba9876543210, 0x40
    RR      srlw, 0x44d5e6f7, 0x123456789abcdef, 0xfffffffffffff001
    SAME    srlw, 0x3b2a, 0xfedcba9876543210, 0x11, 0x7654
    CASE    16
    RR      sraw, 0x0, 0x0, 0x0
    RR      sraw, 0x0, 0x1, 0x1
    RR      sraw, 0x0, 0x3, 0x7
    RR      sraw, 0xffffffffffffffff, 0xffffffffffffffff, 0x1
    RR      sraw, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
    RR      sraw, 0x3fffffff, 0x7fffffff, 0x1
    RR      sraw, 0xffffffffffffffff, 0x80000000, 0x7fffffff
    RR      sraw, 0xffffffffffffffff, 0xffffffff80000000, 0xffffffff
    RR      sraw, 0xffffffffffffffff, 0x7fffffffffffffff, 0x1
    RR      sraw, 0x0, 0x8000000000000000, 0xffffffffffffffff
    RR      sraw, 0x0, 0x8000000000000000, 0x3f
    RR      sraw, 0xffffffffcd5e6f78, 0x123456789abcdef0, 0x21
    RR      sraw, 0x76543210, 0xfedcba9876543210, 0x40
    RR      sraw, 0xffffffffc4d5e6f7, 0x123456789abcdef, 0xfffffffffffff001
    SAME    sraw, 0x3b2a, 0xfedcba9876543210, 0x11, 0x7654
    CASE    17
    RI      addi, 0x0, 0x0, 0
    RI      addi, 0x1, 0x0, 1
    RI      addi, 0xffffffffffffffff, 0x0, -1
    RI      addi, 0x7ff, 0x0, 2047
    RI      addi, 0xfffffffffffff800, 0x0, -2048
    RI      addi, 0x1, 0x1, 0
    RI      addi, 0x2, 0x1, 1
    RI      addi, 0x0, 0x1, -1
    RI      addi, 0x800, 0x1, 2047
    RI      addi, 0xfffffffffffff801, 0x1, -2048
    RI      addi, 0xffffffffffffffff, 0xffffffffffffffff, 0
    RI      addi, 0x0, 0xffffffffffffffff, 1
    RI      addi, 0xfffffffffffffffe, 0xffffffffffffffff, -1
    RI      addi, 0x7fe, 0xffffffffffffffff, 2047
    RI      addi, 0xfffffffffffff7ff, 0xffffffffffffffff, -2048
    RI      addi, 0x7fffffff, 0x7fffffff, 0
    RI      addi, 0x80000000, 0x7fffffff, 1
    RI      addi, 0x7ffffffe, 0x7fffffff, -1
    RI      addi, 0x800007fe, 0x7fffffff, 2047
    RI      addi, 0x7ffff7ff, 0x7fffffff, -2048
    RI      addi, 0x80000000, 0x80000000, 0
    RI      addi, 0x80000001, 0x80000000, 1
    RI      addi, 0x7fffffff, 0x80000000, -1
    RI      addi, 0x800007ff, 0x80000000, 2047
    RI      addi, 0x7ffff800, 0x80000000, -2048
    RI      addi, 0xffffffff80000000, 0xffffffff80000000, 0
    RI      addi, 0xffffffff80000001, 0xffffffff80000000, 1
    RI      addi, 0xffffffff7fffffff, 0xffffffff80000000, -1
    RI      addi, 0xffffffff800007ff, 0xffffffff80000000, 2047
    RI      addi, 0xffffffff7ffff800, 0xffffffff80000000, -2048
    RI      addi, 0x7fffffffffffffff, 0x7fffffffffffffff, 0
    RI      addi, 0x8000000000000000, 0x7fffffffffffffff, 1
    RI      addi, 0x7ffffffffffffffe, 0x7fffffffffffffff, -1
    RI      addi, 0x80000000000007fe, 0x7fffffffffffffff, 2047
    RI      addi, 0x7ffffffffffff7ff, 0x7fffffffffffffff, -2048
    RI      addi, 0x8000000000000000, 0x8000000000000000, 0
    RI      addi, 0x8000000000000001, 0x8000000000000000, 1
    RI      addi, 0x7fffffffffffffff, 0x8000000000000000, -1
    RI      addi, 0x80000000000007ff, 0x8000000000000000, 2047
    RI      addi, 0x7ffffffffffff800, 0x8000000000000000, -2048
    RI      addi, 0x123456789abcdef0, 0x123456789abcdef0, 0
    RI      addi, 0x123456789abcdef1, 0x123456789abcdef0, 1
    RI      addi, 0x123456789abcdeef, 0x123456789abcdef0, -1
    RI      addi, 0x123456789abce6ef, 0x123456789abcdef0, 2047
    RI      addi, 0x123456789abcd6f0, 0x123456789abcdef0, -2048
    CASE    18
    RI      slti, 0x0, 0x0, 0
    RI      slti, 0x1, 0x0, 1
    RI      slti, 0x0, 0x0, -1
    RI      slti, 0x1, 0x0, 2047
    RI      slti, 0x0, 0x0, -2048
    RI      slti, 0x0, 0x1, 0
    RI      slti, 0x0, 0x1, 1
    RI      slti, 0x0, 0x1, -1
    RI      slti, 0x1, 0x1, 2047
    RI      slti, 0x0, 0x1, -2048
    RI      slti, 0x1, 0xffffffffffffffff, 0
    RI      slti, 0x1, 0xffffffffffffffff, 1
    RI      slti, 0x0, 0xffffffffffffffff, -1
    RI      slti, 0x1, 0xffffffffffffffff, 2047
    RI      slti, 0x0, 0xffffffffffffffff, -2048
    RI      slti, 0x0, 0x7fffffff, 0
    RI      slti, 0x0, 0x7fffffff, 1
    RI      slti, 0x0, 0x7fffffff, -1
    RI      slti, 0x0, 0x7fffffff, 2047
    RI      slti, 0x0, 0x7fffffff, -2048
    RI      slti, 0x0, 0x80000000, 0
    RI      slti, 0x0, 0x80000000, 1
    RI      slti, 0x0, 0x80000000, -1
    RI      slti, 0x0, 0x80000000, 2047
    RI      slti, 0x0, 0x80000000, -2048
    RI      slti, 0x1, 0xffffffff80000000, 0
    RI      slti, 0x1, 0xffffffff80000000, 1
    RI      slti, 0x1, 0xffffffff80000000, -1
    RI      slti, 0x1, 0xffffffff80000000, 2047
    RI      slti, 0x1, 0xffffffff80000000, -2048
    RI      slti, 0x0, 0x7fffffffffffffff, 0
    RI      slti, 0x0, 0x7fffffffffffffff, 1
    RI      slti, 0x0, 0x7fffffffffffffff, -1
    RI      slti, 0x0, 0x7fffffffffffffff, 2047
    RI      slti, 0x0, 0x7fffffffffffffff, -2048
    RI      slti, 0x1, 0x8000000000000000, 0
    RI      slti, 0x1, 0x8000000000000000, 1
    RI      slti, 0x1, 0x8000000000000000, -1
    RI      slti, 0x1, 0x8000000000000000, 2047
    RI      slti, 0x1, 0x8000000000000000, -2048
    RI      slti, 0x0, 0x123456789abcdef0, 0
    RI      slti, 0x0, 0x123456789abcdef0, 1
    RI      slti, 0x0, 0x123456789abcdef0, -1
    RI      slti, 0x0, 0x123456789abcdef0, 2047
    RI      slti, 0x0, 0x123456789abcdef0, -2048
    CASE    19
    RI      sltiu, 0x0, 0x0, 0
    RI      sltiu, 0x1, 0x0, 1
    RI      sltiu, 0x1, 0x0, -1
    RI      sltiu, 0x1, 0x0, 2047
    RI      sltiu, 0x1, 0x0, -2048
    RI      sltiu, 0x0, 0x1, 0
    RI      sltiu, 0x0, 0x1, 1
    RI      sltiu, 0x1, 0x1, -1
    RI      sltiu, 0x1, 0x1, 2047
    RI      sltiu, 0x1, 0x1, -2048
    RI      sltiu, 0x0, 0xffffffffffffffff, 0
    RI      sltiu, 0x0, 0xffffffffffffffff, 1
    RI      sltiu, 0x0, 0xffffffffffffffff, -1
    RI      sltiu, 0x0, 0xffffffffffffffff, 2047
    RI      sltiu, 0x0, 0xffffffffffffffff, -2048
    RI      sltiu, 0x0, 0x7fffffff, 0
    RI      sltiu, 0x0, 0x7fffffff, 1
    RI      sltiu, 0x1, 0x7fffffff, -1
    RI      sltiu, 0x0, 0x7fffffff, 2047
    RI      sltiu, 0x1, 0x7fffffff, -2048
    RI      sltiu, 0x0, 0x80000000, 0
    RI      sltiu, 0x0, 0x80000000, 1
    RI      sltiu, 0x1, 0x80000000, -1
    RI      sltiu, 0x0, 0x80000000, 2047
    RI      sltiu, 0x1, 0x80000000, -2048
    RI      sltiu, 0x0, 0xffffffff80000000, 0
    RI      sltiu, 0x0, 0xffffffff80000000, 1
    RI      sltiu, 0x1, 0xffffffff80000000, -1
    RI      sltiu, 0x0, 0xffffffff80000000, 2047
    RI      sltiu, 0x1, 0xffffffff80000000, -2048
    RI      sltiu, 0x0, 0x7fffffffffffffff, 0
    RI      sltiu, 0x0, 0x7fffffffffffffff, 1
    RI      sltiu, 0x1, 0x7fffffffffffffff, -1
    RI      sltiu, 0x0, 0x7fffffffffffffff, 2047
    RI      sltiu, 0x1, 0x7fffffffffffffff, -2048
    RI      sltiu, 0x0, 0x8000000000000000, 0
    RI      sltiu, 0x0, 0x8000000000000000, 1
    RI      sltiu, 0x1, 0x8000000000000000, -1
    RI      sltiu, 0x0, 0x8000000000000000, 2047
    RI      sltiu, 0x1, 0x8000000000000000, -2048
    RI      sltiu, 0x0, 0x123456789abcdef0, 0
    RI      sltiu, 0x0, 0x123456789abcdef0, 1
    RI      sltiu, 0x1, 0x123456789abcdef0, -1
    RI      sltiu, 0x0, 0x123456789abcdef0, 2047
    RI      sltiu, 0x1, 0x123456789abcdef0, -2048
    CASE    20
    RI      xori, 0x0, 0x0, 0
    RI      xori, 0x1, 0x0, 1
    RI      xori, 0xffffffffffffffff, 0x0, -1
    RI      xori, 0x7ff, 0x0, 2047
    RI      xori, 0xfffffffffffff800, 0x0, -2048
    RI      xori, 0x1, 0x1, 0
    RI      xori, 0x0, 0x1, 1
    RI      xori, 0xfffffffffffffffe, 0x1, -1
    RI      xori, 0x7fe, 0x1, 2047
    RI      xori, 0xfffffffffffff801, 0x1, -2048
    RI      xori, 0xffffffffffffffff, 0xffffffffffffffff, 0
    RI      xori, 0xfffffffffffffffe, 0xffffffffffffffff, 1
    RI      xori, 0x0, 0xffffffffffffffff, -1
    RI      xori, 0xfffffffffffff800, 0xffffffffffffffff, 2047
    RI      xori, 0x7ff, 0xffffffffffffffff, -2048
    RI      xori, 0x7fffffff, 0x7fffffff, 0
    RI      xori, 0x7ffffffe, 0x7fffffff, 1
    RI      xori, 0xffffffff80000000, 0x7fffffff, -1
    RI      xori, 0x7ffff800, 0x7fffffff, 2047
    RI      xori, 0xffffffff800007ff, 0x7fffffff, -2048
    RI      xori, 0x80000000, 0x80000000, 0
    RI      xori, 0x80000001, 0x80000000, 1
    RI      xori, 0xffffffff7fffffff, 0x80000000, -1
    RI      xori, 0x800007ff, 0x80000000, 2047
    RI      xori, 0xffffffff7ffff800, 0x80000000, -2048
    RI      xori, 0xffffffff80000000, 0xffffffff80000000, 0
    RI      xori, 0xffffffff80000001, 0xffffffff80000000, 1
    RI      xori, 0x7fffffff, 0xffffffff80000000, -1
    RI      xori, 0xffffffff800007ff, 0xffffffff80000000, 2047
    RI      xori, 0x7ffff800, 0xffffffff80000000, -2048
    RI      xori, 0x7fffffffffffffff, 0x7fffffffffffffff, 0
    RI      xori, 0x7ffffffffffffffe, 0x7fffffffffffffff, 1
    RI      xori, 0x8000000000000000, 0x7fffffffffffffff, -1
    RI      xori, 0x7ffffffffffff800, 0x7fffffffffffffff, 2047
    RI      xori, 0x80000000000007ff, 0x7fffffffffffffff, -2048
    RI      xori, 0x8000000000000000, 0x8000000000000000, 0
    RI      xori, 0x8000000000000001, 0x8000000000000000, 1
    RI      xori, 0x7fffffffffffffff, 0x8000000000000000, -1
    RI      xori, 0x80000000000007ff, 0x8000000000000000, 2047
    RI      xori, 0x7ffffffffffff800, 0x8000000000000000, -2048
    RI      xori, 0x123456789abcdef0, 0x123456789abcdef0, 0
    RI      xori, 0x123456789abcdef1, 0x123456789abcdef0, 1
    RI      xori, 0xedcba9876543210f, 0x123456789abcdef0, -1
    RI      xori, 0x123456789abcd90f, 0x123456789abcdef0, 2047
    RI      xori, 0xedcba987654326f0, 0x123456789abcdef0, -2048
    CASE    21
    RI      ori, 0x0, 0x0, 0
    RI      ori, 0x1, 0x0, 1
    RI      ori, 0xffffffffffffffff, 0x0, -1
    RI      ori, 0x7ff, 0x0, 2047
    RI      ori, 0xfffffffffffff800, 0x0, -2048
    RI      ori, 0x1, 0x1, 0
    RI      ori, 0x1, 0x1, 1
    RI      ori, 0xffffffffffffffff, 0x1, -1
    RI      ori, 0x7ff, 0x1, 2047
    RI      ori, 0xfffffffffffff801, 0x1, -2048
    RI      ori, 0xffffffffffffffff, 0xffffffffffffffff, 0
    RI      ori, 0xffffffffffffffff, 0xffffffffffffffff, 1
    RI      ori, 0xffffffffffffffff, 0xffffffffffffffff, -1
    RI      ori, 0xffffffffffffffff, 0xffffffffffffffff, 2047
    RI      ori, 0xffffffffffffffff, 0xffffffffffffffff, -2048
    RI      ori, 0x7fffffff, 0x7fffffff, 0
    RI      ori, 0x7fffffff, 0x7fffffff, 1
    RI      ori, 0xffffffffffffffff, 0x7fffffff, -1
    RI      ori, 0x7fffffff, 0x7fffffff, 2047
    RI      ori, 0xffffffffffffffff, 0x7fffffff, -2048
    RI      ori, 0x80000000, 0x80000000, 0
    RI      ori, 0x80000001, 0x80000000, 1
    RI      ori, 0xffffffffffffffff, 0x80000000, -1
    RI      ori, 0x800007ff, 0x80000000, 2047
    RI      ori, 0xfffffffffffff800, 0x80000000, -2048
    RI      ori, 0xffffffff80000000, 0xffffffff80000000, 0
    RI      ori, 0xffffffff80000001, 0xffffffff80000000, 1
    RI      ori, 0xffffffffffffffff, 0xffffffff80000000, -1
    RI      ori, 0xffffffff800007ff, 0xffffffff80000000, 2047
    RI      ori, 0xfffffffffffff800, 0xffffffff80000000, -2048
    RI      ori, 0x7fffffffffffffff, 0x7fffffffffffffff, 0
    RI      ori, 0x7fffffffffffffff, 0x7fffffffffffffff, 1
    RI      ori, 0xffffffffffffffff, 0x7fffffffffffffff, -1
    RI      ori, 0x7fffffffffffffff, 0x7fffffffffffffff, 2047
    RI      ori, 0xffffffffffffffff, 0x7fffffffffffffff, -2048
    RI      ori, 0x8000000000000000, 0x8000000000000000, 0
    RI      ori, 0x8000000000000001, 0x8000000000000000, 1
    RI      ori, 0xffffffffffffffff, 0x8000000000000000, -1
    RI      ori, 0x80000000000007ff, 0x8000000000000000, 2047
    RI      ori, 0xfffffffffffff800, 0x8000000000000000, -2048
    RI      ori, 0x123456789abcdef0, 0x123456789abcdef0, 0
    RI      ori, 0x123456789abcdef1, 0x123456789abcdef0, 1
    RI      ori, 0xffffffffffffffff, 0x123456789abcdef0, -1
    RI      ori, 0x123456789abcdfff, 0x123456789abcdef0, 2047
    RI      ori, 0xfffffffffffffef0, 0x123456789abcdef0, -2048
    CASE    22
    RI      andi, 0x0, 0x0, 0
    RI      andi, 0x0, 0x0, 1
    RI      andi, 0x0, 0x0, -1
    RI      andi, 0x0, 0x0, 2047
    RI      andi, 0x0, 0x0, -2048
    RI      andi, 0x0, 0x1, 0
    RI      andi, 0x1, 0x1, 1
    RI      andi, 0x1, 0x1, -1
    RI      andi, 0x1, 0x1, 2047
    RI      andi, 0x0, 0x1, -2048
    RI      andi, 0x0, 0xffffffffffffffff, 0
    RI      andi, 0x1, 0xffffffffffffffff, 1
    RI      andi, 0xffffffffffffffff, 0xffffffffffffffff, -1
    RI      andi, 0x7ff, 0xffffffffffffffff, 2047
    RI      andi, 0xfffffffffffff800, 0xffffffffffffffff, -2048
    RI      andi, 0x0, 0x7fffffff, 0
    RI      andi, 0x1, 0x7fffffff, 1
    RI      andi, 0x7fffffff, 0x7fffffff, -1
    RI      andi, 0x7ff, 0x7fffffff, 2047
    RI      andi, 0x7ffff800, 0x7fffffff, -2048
    RI      andi, 0x0, 0x80000000, 0
    RI      andi, 0x0, 0x80000000, 1
    RI      andi, 0x80000000, 0x80000000, -1
    RI      andi, 0x0, 0x80000000, 2047
    RI      andi, 0x80000000, 0x80000000, -2048
    RI      andi, 0x0, 0xffffffff80000000, 0
    RI      andi, 0x0, 0xffffffff80000000, 1
    RI      andi, 0xffffffff80000000, 0xffffffff80000000, -1
    RI      andi, 0x0, 0xffffffff80000000, 2047
    RI      andi, 0xffffffff80000000, 0xffffffff80000000, -2048
    RI      andi, 0x0, 0x7fffffffffffffff, 0
    RI      andi, 0x1, 0x7fffffffffffffff, 1
    RI      andi, 0x7fffffffffffffff, 0x7fffffffffffffff, -1
    RI      andi, 0x7ff, 0x7fffffffffffffff, 2047
    RI      andi, 0x7ffffffffffff800, 0x7fffffffffffffff, -2048
    RI      andi, 0x0, 0x8000000000000000, 0
    RI      andi, 0x0, 0x8000000000000000, 1
    RI      andi, 0x8000000000000000, 0x8000000000000000, -1
    RI      andi, 0x0, 0x8000000000000000, 2047
    RI      andi, 0x8000000000000000, 0x8000000000000000, -2048
    RI      andi, 0x0, 0x123456789abcdef0, 0
    RI      andi, 0x0, 0x123456789abcdef0, 1
    RI      andi, 0x123456789abcdef0, 0x123456789abcdef0, -1
    RI      andi, 0x6f0, 0x123456789abcdef0, 2047
    RI      andi, 0x123456789abcd800, 0x123456789abcdef0, -2048
    CASE    23
    RI      addiw, 0x0, 0x0, 0
    RI      addiw, 0x1, 0x0, 1
    RI      addiw, 0xffffffffffffffff, 0x0, -1
    RI      addiw, 0x7ff, 0x0, 2047
    RI      addiw, 0xfffffffffffff800, 0x0, -2048
    RI      addiw, 0x1, 0x1, 0
    RI      addiw, 0x2, 0x1, 1
    RI      addiw, 0x0, 0x1, -1
    RI      addiw, 0x800, 0x1, 2047
    RI      addiw, 0xfffffffffffff801, 0x1, -2048
    RI      addiw, 0xffffffffffffffff, 0xffffffffffffffff, 0
    RI      addiw, 0x0, 0xffffffffffffffff, 1
    RI      addiw, 0xfffffffffffffffe, 0xffffffffffffffff, -1
    RI      addiw, 0x7fe, 0xffffffffffffffff, 2047
    RI      addiw, 0xfffffffffffff7ff, 0xffffffffffffffff, -2048
    RI      addiw, 0x7fffffff, 0x7fffffff, 0
    RI      addiw, 0xffffffff80000000, 0x7fffffff, 1
    RI      addiw, 0x7ffffffe, 0x7fffffff, -1
    RI      addiw, 0xffffffff800007fe, 0x7fffffff, 2047
    RI      addiw, 0x7ffff7ff, 0x7fffffff, -2048
    RI      addiw, 0xffffffff80000000, 0x80000000, 0
    RI      addiw, 0xffffffff80000001, 0x80000000, 1
    RI      addiw, 0x7fffffff, 0x80000000, -1
    RI      addiw, 0xffffffff800007ff, 0x80000000, 2047
    RI      addiw, 0x7ffff800, 0x80000000, -2048
    RI      addiw, 0xffffffff80000000, 0xffffffff80000000, 0
    RI      addiw, 0xffffffff80000001, 0xffffffff80000000, 1
    RI      addiw, 0x7fffffff, 0xffffffff80000000, -1
    RI      addiw, 0xffffffff800007ff, 0xffffffff80000000, 2047
    RI      addiw, 0x7ffff800, 0xffffffff80000000, -2048
    RI      addiw, 0xffffffffffffffff, 0x7fffffffffffffff, 0
    RI      addiw, 0x0, 0x7fffffffffffffff, 1
    RI      addiw, 0xfffffffffffffffe, 0x7fffffffffffffff, -1
    RI      addiw, 0x7fe, 0x7fffffffffffffff, 2047
    RI      addiw, 0xfffffffffffff7ff, 0x7fffffffffffffff, -2048
    RI      addiw, 0x0, 0x8000000000000000, 0
    RI      addiw, 0x1, 0x8000000000000000, 1
    RI      addiw, 0xffffffffffffffff, 0x8000000000000000, -1
    RI      addiw, 0x7ff, 0x8000000000000000, 2047
    RI      addiw, 0xfffffffffffff800, 0x8000000000000000, -2048
    RI      addiw, 0xffffffff9abcdef0, 0x123456789abcdef0, 0
    RI      addiw, 0xffffffff9abcdef1, 0x123456789abcdef0, 1
    RI      addiw, 0xffffffff9abcdeef, 0x123456789abcdef0, -1
    RI      addiw, 0xffffffff9abce6ef, 0x123456789abcdef0, 2047
    RI      addiw, 0xffffffff9abcd6f0, 0x123456789abcdef0, -2048
    CASE    24
    RI      slli, 0x1, 0x1, 0
    RI      slli, 0x2, 0x1, 1
    RI      slli, 0x80, 0x1, 7
    RI      slli, 0x80000000, 0x1, 31
    RI      slli, 0x100000000, 0x1, 32
    RI      slli, 0x8000000000000000, 0x1, 63
    RI      slli, 0xffffffffffffffff, 0xffffffffffffffff, 0
    RI      slli, 0xfffffffffffffffe, 0xffffffffffffffff, 1
    RI      slli, 0xffffffffffffff80, 0xffffffffffffffff, 7
    RI      slli, 0xffffffff80000000, 0xffffffffffffffff, 31
    RI      slli, 0xffffffff00000000, 0xffffffffffffffff, 32
    RI      slli, 0x8000000000000000, 0xffffffffffffffff, 63
    RI      slli, 0x80000000, 0x80000000, 0
    RI      slli, 0x100000000, 0x80000000, 1
    RI      slli, 0x4000000000, 0x80000000, 7
    RI      slli, 0x4000000000000000, 0x80000000, 31
    RI      slli, 0x8000000000000000, 0x80000000, 32
    RI      slli, 0x0, 0x80000000, 63
    RI      slli, 0xffffffff80000000, 0xffffffff80000000, 0
    RI      slli, 0xffffffff00000000, 0xffffffff80000000, 1
    RI      slli, 0xffffffc000000000, 0xffffffff80000000, 7
    RI      slli, 0xc000000000000000, 0xffffffff80000000, 31
    RI      slli, 0x8000000000000000, 0xffffffff80000000, 32
    RI      slli, 0x0, 0xffffffff80000000, 63
    RI      slli, 0x7fffffffffffffff, 0x7fffffffffffffff, 0
    RI      slli, 0xfffffffffffffffe, 0x7fffffffffffffff, 1
    RI      slli, 0xffffffffffffff80, 0x7fffffffffffffff, 7
    RI      slli, 0xffffffff80000000, 0x7fffffffffffffff, 31
    RI      slli, 0xffffffff00000000, 0x7fffffffffffffff, 32
    RI      slli, 0x8000000000000000, 0x7fffffffffffffff, 63
    RI      slli, 0x123456789abcdef0, 0x123456789abcdef0, 0
    RI      slli, 0x2468acf13579bde0, 0x123456789abcdef0, 1
    RI      slli, 0x1a2b3c4d5e6f7800, 0x123456789abcdef0, 7
    RI      slli, 0x4d5e6f7800000000, 0x123456789abcdef0, 31
    RI      slli, 0x9abcdef000000000, 0x123456789abcdef0, 32
    RI      slli, 0x0, 0x123456789abcdef0, 63
    RI      slli, 0xfedcba9876543210, 0xfedcba9876543210, 0
    RI      slli, 0xfdb97530eca86420, 0xfedcba9876543210, 1
    RI      slli, 0x6e5d4c3b2a190800, 0xfedcba9876543210, 7
    RI      slli, 0x3b2a190800000000, 0xfedcba9876543210, 31
    RI      slli, 0x7654321000000000, 0xfedcba9876543210, 32
    RI      slli, 0x0, 0xfedcba9876543210, 63
    CASE    25
    RI      srli, 0x1, 0x1, 0
    RI      srli, 0x0, 0x1, 1
    RI      srli, 0x0, 0x1, 7
    RI      srli, 0x0, 0x1, 31
    RI      srli, 0x0, 0x1, 32
    RI      srli, 0x0, 0x1, 63
    RI      srli, 0xffffffffffffffff, 0xffffffffffffffff, 0
    RI      srli, 0x7fffffffffffffff, 0xffffffffffffffff, 1
    RI      srli, 0x1ffffffffffffff, 0xffffffffffffffff, 7
    RI      srli, 0x1ffffffff, 0xffffffffffffffff, 31
    RI      srli, 0xffffffff, 0xffffffffffffffff, 32
    RI      srli, 0x1, 0xffffffffffffffff, 63
    RI      srli, 0x80000000, 0x80000000, 0
    RI      srli, 0x40000000, 0x80000000, 1
    RI      srli, 0x1000000, 0x80000000, 7
    RI      srli, 0x1, 0x80000000, 31
    RI      srli, 0x0, 0x80000000, 32
    RI      srli, 0x0, 0x80000000, 63
    RI      srli, 0xffffffff80000000, 0xffffffff80000000, 0
    RI      srli, 0x7fffffffc0000000, 0xffffffff80000000, 1
    RI      srli, 0x1ffffffff000000, 0xffffffff80000000, 7
    RI      srli, 0x1ffffffff, 0xffffffff80000000, 31
    RI      srli, 0xffffffff, 0xffffffff80000000, 32
    RI      srli, 0x1, 0xffffffff80000000, 63
    RI      srli, 0x7fffffffffffffff, 0x7fffffffffffffff, 0
    RI      srli, 0x3fffffffffffffff, 0x7fffffffffffffff, 1
    RI      srli, 0xffffffffffffff, 0x7fffffffffffffff, 7
    RI      srli, 0xffffffff, 0x7fffffffffffffff, 31
    RI      srli, 0x7fffffff, 0x7fffffffffffffff, 32
    RI      srli, 0x0, 0x7fffffffffffffff, 63
    RI      srli, 0x123456789abcdef0, 0x123456789abcdef0, 0
    RI      srli, 0x91a2b3c4d5e6f78, 0x123456789abcdef0, 1
    RI      srli, 0x2468acf13579bd, 0x123456789abcdef0, 7
    RI      srli, 0x2468acf1, 0x123456789abcdef0, 31
    RI      srli, 0x12345678, 0x123456789abcdef0, 32
    RI      srli, 0x0, 0x123456789abcdef0, 63
    RI      srli, 0xfedcba9876543210, 0xfedcba9876543210, 0
    RI      srli, 0x7f6e5d4c3b2a1908, 0xfedcba9876543210, 1
    RI      srli, 0x1fdb97530eca864, 0xfedcba9876543210, 7
    RI      srli, 0x1fdb97530, 0xfedcba9876543210, 31
    RI      srli, 0xfedcba98, 0xfedcba9876543210, 32
    RI      srli, 0x1, 0xfedcba9876543210, 63
    CASE    26
    RI      srai, 0x1, 0x1, 0
    RI      srai, 0x0, 0x1, 1
    RI      srai, 0x0, 0x1, 7
    RI      srai, 0x0, 0x1, 31
    RI      srai, 0x0, 0x1, 32
    RI      srai, 0x0, 0x1, 63
    RI      srai, 0xffffffffffffffff, 0xffffffffffffffff, 0
    RI      srai, 0xffffffffffffffff, 0xffffffffffffffff, 1
    RI      srai, 0xffffffffffffffff, 0xffffffffffffffff, 7
    RI      srai, 0xffffffffffffffff, 0xffffffffffffffff, 31
    RI      srai, 0xffffffffffffffff, 0xffffffffffffffff, 32
    RI      srai, 0xffffffffffffffff, 0xffffffffffffffff, 63
    RI      srai, 0x80000000, 0x80000000, 0
    RI      srai, 0x40000000, 0x80000000, 1
    RI      srai, 0x1000000, 0x80000000, 7
    RI      srai, 0x1, 0x80000000, 31
    RI      srai, 0x0, 0x80000000, 32
    RI      srai, 0x0, 0x80000000, 63
    RI      srai, 0xffffffff80000000, 0xffffffff80000000, 0
    RI      srai, 0xffffffffc0000000, 0xffffffff80000000, 1
    RI      srai, 0xffffffffff000000, 0xffffffff80000000, 7
    RI      srai, 0xffffffffffffffff, 0xffffffff80000000, 31
    RI      srai, 0xffffffffffffffff, 0xffffffff80000000, 32
    RI      srai, 0xffffffffffffffff, 0xffffffff80000000, 63
    RI      srai, 0x7fffffffffffffff, 0x7fffffffffffffff, 0
    RI      srai, 0x3fffffffffffffff, 0x7fffffffffffffff, 1
    RI      srai, 0xffffffffffffff, 0x7fffffffffffffff, 7
    RI      srai, 0xffffffff, 0x7fffffffffffffff, 31
    RI      srai, 0x7fffffff, 0x7fffffffffffffff, 32
    RI      srai, 0x0, 0x7fffffffffffffff, 63
    RI      srai, 0x123456789abcdef0, 0x123456789abcdef0, 0
    RI      srai, 0x91a2b3c4d5e6f78, 0x123456789abcdef0, 1
    RI      srai, 0x2468acf13579bd, 0x123456789abcdef0, 7
    RI      srai, 0x2468acf1, 0x123456789abcdef0, 31
    RI      srai, 0x12345678, 0x123456789abcdef0, 32
    RI      srai, 0x0, 0x123456789abcdef0, 63
    RI      srai, 0xfedcba9876543210, 0xfedcba9876543210, 0
    RI      srai, 0xff6e5d4c3b2a1908, 0xfedcba9876543210, 1
    RI      srai, 0xfffdb97530eca864, 0xfedcba9876543210, 7
    RI      srai, 0xfffffffffdb97530, 0xfedcba9876543210, 31
    RI      srai, 0xfffffffffedcba98, 0xfedcba9876543210, 32
    RI      srai, 0xffffffffffffffff, 0xfedcba9876543210, 63
    CASE    27
    RI      slliw, 0x1, 0x1, 0
    RI      slliw, 0x2, 0x1, 1
    RI      slliw, 0x80, 0x1, 7
    RI      slliw, 0x8000, 0x1, 15
    RI      slliw, 0x10000, 0x1, 16
    RI      slliw, 0xffffffff80000000, 0x1, 31
    RI      slliw, 0xffffffffffffffff, 0xffffffffffffffff, 0
    RI      slliw, 0xfffffffffffffffe, 0xffffffffffffffff, 1
    RI      slliw, 0xffffffffffffff80, 0xffffffffffffffff, 7
    RI      slliw, 0xffffffffffff8000, 0xffffffffffffffff, 15
    RI      slliw, 0xffffffffffff0000, 0xffffffffffffffff, 16
    RI      slliw, 0xffffffff80000000, 0xffffffffffffffff, 31
    RI      slliw, 0xffffffff80000000, 0x80000000, 0
    RI      slliw, 0x0, 0x80000000, 1
    RI      slliw, 0x0, 0x80000000, 7
    RI      slliw, 0x0, 0x80000000, 15
    RI      slliw, 0x0, 0x80000000, 16
    RI      slliw, 0x0, 0x80000000, 31
    RI      slliw, 0xffffffff80000000, 0xffffffff80000000, 0
    RI      slliw, 0x0, 0xffffffff80000000, 1
    RI      slliw, 0x0, 0xffffffff80000000, 7
    RI      slliw, 0x0, 0xffffffff80000000, 15
    RI      slliw, 0x0, 0xffffffff80000000, 16
    RI      slliw, 0x0, 0xffffffff80000000, 31
    RI      slliw, 0xffffffffffffffff, 0x7fffffffffffffff, 0
    RI      slliw, 0xfffffffffffffffe, 0x7fffffffffffffff, 1
    RI      slliw, 0xffffffffffffff80, 0x7fffffffffffffff, 7
    RI      slliw, 0xffffffffffff8000, 0x7fffffffffffffff, 15
    RI      slliw, 0xffffffffffff0000, 0x7fffffffffffffff, 16
    RI      slliw, 0xffffffff80000000, 0x7fffffffffffffff, 31
    RI      slliw, 0xffffffff9abcdef0, 0x123456789abcdef0, 0
    RI      slliw, 0x3579bde0, 0x123456789abcdef0, 1
    RI      slliw, 0x5e6f7800, 0x123456789abcdef0, 7
    RI      slliw, 0x6f780000, 0x123456789abcdef0, 15
    RI      slliw, 0xffffffffdef00000, 0x123456789abcdef0, 16
    RI      slliw, 0x0, 0x123456789abcdef0, 31
    RI      slliw, 0x76543210, 0xfedcba9876543210, 0
    RI      slliw, 0xffffffffeca86420, 0xfedcba9876543210, 1
    RI      slliw, 0x2a190800, 0xfedcba9876543210, 7
    RI      slliw, 0x19080000, 0xfedcba9876543210, 15
    RI      slliw, 0x32100000, 0xfedcba9876543210, 16
    RI      slliw, 0x0, 0xfedcba9876543210, 31
    CASE    28
    RI      srliw, 0x1, 0x1, 0
    RI      srliw, 0x0, 0x1, 1
    RI      srliw, 0x0, 0x1, 7
    RI      srliw, 0x0, 0x1, 15
    RI      srliw, 0x0, 0x1, 16
    RI      srliw, 0x0, 0x1, 31
    RI      srliw, 0xffffffffffffffff, 0xffffffffffffffff, 0
    RI      srliw, 0x7fffffff, 0xffffffffffffffff, 1
    RI      srliw, 0x1ffffff, 0xffffffffffffffff, 7
    RI      srliw, 0x1ffff, 0xffffffffffffffff, 15
    RI      srliw, 0xffff, 0xffffffffffffffff, 16
    RI      srliw, 0x1, 0xffffffffffffffff, 31
    RI      srliw, 0xffffffff80000000, 0x80000000, 0
    RI      srliw, 0x40000000, 0x80000000, 1
    RI      srliw, 0x1000000, 0x80000000, 7
    RI      srliw, 0x10000, 0x80000000, 15
    RI      srliw, 0x8000, 0x80000000, 16
    RI      srliw, 0x1, 0x80000000, 31
    RI      srliw, 0xffffffff80000000, 0xffffffff80000000, 0
    RI      srliw, 0x40000000, 0xffffffff80000000, 1
    RI      srliw, 0x1000000, 0xffffffff80000000, 7
    RI      srliw, 0x10000, 0xffffffff80000000, 15
    RI      srliw, 0x8000, 0xffffffff80000000, 16
    RI      srliw, 0x1, 0xffffffff80000000, 31
    RI      srliw, 0xffffffffffffffff, 0x7fffffffffffffff, 0
    RI      srliw, 0x7fffffff, 0x7fffffffffffffff, 1
    RI      srliw, 0x1ffffff, 0x7fffffffffffffff, 7
    RI      srliw, 0x1ffff, 0x7fffffffffffffff, 15
    RI      srliw, 0xffff, 0x7fffffffffffffff, 16
    RI      srliw, 0x1, 0x7fffffffffffffff, 31
    RI      srliw, 0xffffffff9abcdef0, 0x123456789abcdef0, 0
    RI      srliw, 0x4d5e6f78, 0x123456789abcdef0, 1
    RI      srliw, 0x13579bd, 0x123456789abcdef0, 7
    RI      srliw, 0x13579, 0x123456789abcdef0, 15
    RI      srliw, 0x9abc, 0x123456789abcdef0, 16
    RI      srliw, 0x1, 0x123456789abcdef0, 31
    RI      srliw, 0x76543210, 0xfedcba9876543210, 0
    RI      srliw, 0x3b2a1908, 0xfedcba9876543210, 1
    RI      srliw, 0xeca864, 0xfedcba9876543210, 7
    RI      srliw, 0xeca8, 0xfedcba9876543210, 15
    RI      srliw, 0x7654, 0xfedcba9876543210, 16
    RI      srliw, 0x0, 0xfedcba9876543210, 31
    CASE    29
    RI      sraiw, 0x1, 0x1, 0
    RI      sraiw, 0x0, 0x1, 1
    RI      sraiw, 0x0, 0x1, 7
    RI      sraiw, 0x0, 0x1, 15
    RI      sraiw, 0x0, 0x1, 16
    RI      sraiw, 0x0, 0x1, 31
    RI      sraiw, 0xffffffffffffffff, 0xffffffffffffffff, 0
    RI      sraiw, 0xffffffffffffffff, 0xffffffffffffffff, 1
    RI      sraiw, 0xffffffffffffffff, 0xffffffffffffffff, 7
    RI      sraiw, 0xffffffffffffffff, 0xffffffffffffffff, 15
    RI      sraiw, 0xffffffffffffffff, 0xffffffffffffffff, 16
    RI      sraiw, 0xffffffffffffffff, 0xffffffffffffffff, 31
    RI      sraiw, 0xffffffff80000000, 0x80000000, 0
    RI      sraiw, 0xffffffffc0000000, 0x80000000, 1
    RI      sraiw, 0xffffffffff000000, 0x80000000, 7
    RI      sraiw, 0xffffffffffff0000, 0x80000000, 15
    RI      sraiw, 0xffffffffffff8000, 0x80000000, 16
    RI      sraiw, 0xffffffffffffffff, 0x80000000, 31
    RI      sraiw, 0xffffffff80000000, 0xffffffff80000000, 0
    RI      sraiw, 0xffffffffc0000000, 0xffffffff80000000, 1
    RI      sraiw, 0xffffffffff000000, 0xffffffff80000000, 7
    RI      sraiw, 0xffffffffffff0000, 0xffffffff80000000, 15
    RI      sraiw, 0xffffffffffff8000, 0xffffffff80000000, 16
    RI      sraiw, 0xffffffffffffffff, 0xffffffff80000000, 31
    RI      sraiw, 0xffffffffffffffff, 0x7fffffffffffffff, 0
    RI      sraiw, 0xffffffffffffffff, 0x7fffffffffffffff, 1
    RI      sraiw, 0xffffffffffffffff, 0x7fffffffffffffff, 7
    RI      sraiw, 0xffffffffffffffff, 0x7fffffffffffffff, 15
    RI      sraiw, 0xffffffffffffffff, 0x7fffffffffffffff, 16
    RI      sraiw, 0xffffffffffffffff, 0x7fffffffffffffff, 31
    RI      sraiw, 0xffffffff9abcdef0, 0x123456789abcdef0, 0
    RI      sraiw, 0xffffffffcd5e6f78, 0x123456789abcdef0, 1
    RI      sraiw, 0xffffffffff3579bd, 0x123456789abcdef0, 7
    RI      sraiw, 0xffffffffffff3579, 0x123456789abcdef0, 15
    RI      sraiw, 0xffffffffffff9abc, 0x123456789abcdef0, 16
    RI      sraiw, 0xffffffffffffffff, 0x123456789abcdef0, 31
    RI      sraiw, 0x76543210, 0xfedcba9876543210, 0
    RI      sraiw, 0x3b2a1908, 0xfedcba9876543210, 1
    RI      sraiw, 0xeca864, 0xfedcba9876543210, 7
    RI      sraiw, 0xeca8, 0xfedcba9876543210, 15
    RI      sraiw, 0x7654, 0xfedcba9876543210, 16
    RI      sraiw, 0x0, 0xfedcba9876543210, 31
    CASE    30                  // lui and auipc
    lui     t0, 0
    EXPECT_ZERO t0
    lui     t0, 0xfffff
    EXPECT  t0, 0xfffffffffffff000
    lui     t0, 0x7ffff
    EXPECT  t0, 0x7ffff000
    lui     t0, 0x80000
    EXPECT  t0, 0xffffffff80000000
    .balign 4
1:  auipc   t0, 0
    la      t1, 1b
    EXPECT_SAME t0, t1
2:  auipc   t0, 0x12345
    la      t1, 2b
    li      t2, 0x12345000
    add     t1, t1, t2
    EXPECT_SAME t0, t1
3:  auipc   t0, 0x80000
    la      t1, 3b
    li      t2, 0xffffffff80000000
    add     t1, t1, t2
    EXPECT_SAME t0, t1
    PASS
