// D: results, flags, rounding modes, and the conversions between the two formats (Unpriv, D). Values are given by bits.
#include "user.h"

#define NX 1
#define UF 2
#define OF 4
#define DZ 8
#define NV 16
#define NAN 0x7ff8000000000000
#define SNAN 0x7ff0000000000001
#define INF 0x7ff0000000000000
#define MINUS_INF 0xfff0000000000000
#define MINUS_ZERO 0x8000000000000000
#define ONE 0x3ff0000000000000
#define TWO 0x4000000000000000
#define HALF_ULP 0x3ca0000000000000
#define MAX 0x7fefffffffffffff
#define MIN 1

.macro LOADS one, other, third
    li      t0, \one
    fmv.d.x f1, t0
    li      t0, \other
    fmv.d.x f2, t0
    li      t0, \third
    fmv.d.x f3, t0
    csrwi   fflags, 0
.endm

.macro RESULT result, flags
    csrr    t1, fflags
    fmv.x.d t0, f4
    EXPECT  t0, \result
    EXPECT  t1, \flags
.endm

.macro BINARY operation, result, flags, one, other
    LOADS   \one, \other, 0
    \operation f4, f1, f2
    RESULT  \result, \flags
.endm

.macro ROUNDED operation, mode, result, flags, one, other
    LOADS   \one, \other, 0
    \operation f4, f1, f2, \mode
    RESULT  \result, \flags
.endm

.macro ROOT result, flags, one
    LOADS   \one, 0, 0
    fsqrt.d f4, f1
    RESULT  \result, \flags
.endm

.macro FUSED operation, result, flags, one, other, third
    LOADS   \one, \other, \third
    \operation f4, f1, f2, f3
    RESULT  \result, \flags
.endm

.macro COMPARE operation, result, flags, one, other
    LOADS   \one, \other, 0
    \operation t2, f1, f2
    csrr    t1, fflags
    EXPECT  t2, \result
    EXPECT  t1, \flags
.endm

.macro TO_INTEGER operation, mode, result, flags, one
    LOADS   \one, 0, 0
    \operation t2, f1, \mode
    csrr    t1, fflags
    EXPECT  t2, \result
    EXPECT  t1, \flags
.endm

.macro FROM_INTEGER operation, mode, result, flags, one
    LOADS   0, 0, 0
    li      t2, \one
    \operation f4, t2, \mode
    RESULT  \result, \flags
.endm

// fcvt.d.w and fcvt.d.wu are exact and take no rounding mode in assembly.
.macro FROM_WORD operation, result, one
    LOADS   0, 0, 0
    li      t2, \one
    \operation f4, t2
    RESULT  \result, 0
.endm

.macro NARROW mode, result, flags, one
    LOADS   \one, 0, 0
    fcvt.s.d f4, f1, \mode
    RESULT  0xffffffff00000000 | (\result), \flags
.endm

.macro WIDEN result, flags, one
    LOADS   0xffffffff00000000 | (\one), 0, 0
    fcvt.d.s f4, f1
    RESULT  \result, \flags
.endm

.macro CLASS result, one
    LOADS   \one, 0, 0
    fclass.d t0, f1
    EXPECT  t0, \result
.endm

.globl user_main
user_main:
    CASE    2
    BINARY  fadd.d, 0x400c000000000000, 0, 0x4004000000000000, ONE
    BINARY  fadd.d, ONE, NX, ONE, MIN
    BINARY  fadd.d, INF, OF | NX, MAX, MAX
    BINARY  fadd.d, NAN, NV, INF, MINUS_INF
    BINARY  fadd.d, NAN, 0, 0xfff8000000000123, ONE
    BINARY  fsub.d, NAN, NV, SNAN, ONE
    BINARY  fsub.d, 0, 0, ONE, ONE
    CASE    3
    BINARY  fmul.d, 0x4008000000000000, 0, 0x3ff8000000000000, TWO
    BINARY  fmul.d, NAN, NV, INF, 0
    BINARY  fmul.d, 0, UF | NX, MIN, 0x3fd0000000000000
    BINARY  fmul.d, 0x0008000000000000, 0, 0x0010000000000000, 0x3fe0000000000000
    CASE    4
    BINARY  fdiv.d, 0x3fd5555555555555, NX, ONE, 0x4008000000000000
    BINARY  fdiv.d, INF, DZ, ONE, 0
    BINARY  fdiv.d, NAN, NV, 0, MINUS_ZERO
    BINARY  fdiv.d, MINUS_ZERO, 0, ONE, MINUS_INF
    CASE    5
    ROOT    0x4008000000000000, 0, 0x4022000000000000
    ROOT    0x3ff6a09e667f3bcd, NX, TWO
    ROOT    NAN, NV, 0xbff0000000000000
    ROOT    MINUS_ZERO, 0, MINUS_ZERO
    ROOT    0x1e60000000000000, 0, MIN
    CASE    6
    ROUNDED fadd.d, rne, ONE, NX, ONE, HALF_ULP
    ROUNDED fadd.d, rtz, ONE, NX, ONE, HALF_ULP
    ROUNDED fadd.d, rdn, ONE, NX, ONE, HALF_ULP
    ROUNDED fadd.d, rup, 0x3ff0000000000001, NX, ONE, HALF_ULP
    ROUNDED fadd.d, rmm, 0x3ff0000000000001, NX, ONE, HALF_ULP
    ROUNDED fsub.d, rdn, 0xbff0000000000001, NX, 0xbff0000000000000, HALF_ULP
    ROUNDED fsub.d, rdn, MINUS_ZERO, 0, ONE, ONE
    ROUNDED fadd.d, rtz, MAX, OF | NX, MAX, MAX
    ROUNDED fadd.d, rdn, MAX, OF | NX, MAX, MAX
    CASE    7
    FUSED   fmadd.d, 0x4008000000000000, 0, ONE, TWO, ONE
    FUSED   fmadd.d, 0x3970000000000000, 0, 0x3ff0000000000001, 0x3ff0000000000001, 0xbff0000000000002
    FUSED   fmsub.d, ONE, 0, ONE, TWO, ONE
    FUSED   fnmsub.d, 0xbff0000000000000, 0, ONE, TWO, ONE
    FUSED   fnmadd.d, 0xc008000000000000, 0, ONE, TWO, ONE
    FUSED   fmadd.d, NAN, NV, INF, 0, NAN
    FUSED   fmadd.d, NAN, NV, 0, INF, ONE
    FUSED   fnmadd.d, NAN, NV, INF, ONE, MINUS_INF
    CASE    8
    BINARY  fmin.d, MINUS_ZERO, 0, 0, MINUS_ZERO
    BINARY  fmax.d, 0, 0, MINUS_ZERO, 0
    BINARY  fmin.d, ONE, NV, SNAN, ONE
    BINARY  fmax.d, NAN, 0, NAN, NAN
    BINARY  fsgnj.d, 0xbff0000000000000, 0, ONE, 0xc000000000000000
    BINARY  fsgnjn.d, ONE, 0, ONE, 0xc000000000000000
    BINARY  fsgnjx.d, ONE, 0, 0xbff0000000000000, 0xc000000000000000
    CASE    9
    COMPARE feq.d, 1, 0, 0, MINUS_ZERO
    COMPARE feq.d, 0, 0, NAN, NAN
    COMPARE feq.d, 0, NV, SNAN, ONE
    COMPARE flt.d, 0, NV, NAN, ONE
    COMPARE fle.d, 1, 0, ONE, ONE
    COMPARE flt.d, 1, 0, MINUS_INF, INF
    CASE    10
    CLASS   1, MINUS_INF
    CLASS   2, 0xbff0000000000000
    CLASS   4, 0x800fffffffffffff
    CLASS   8, MINUS_ZERO
    CLASS   16, 0
    CLASS   32, 0x000fffffffffffff
    CLASS   64, ONE
    CLASS   128, INF
    CLASS   256, SNAN
    CLASS   512, NAN
    CASE    11
    TO_INTEGER fcvt.w.d, rtz, 0x7fffffff, NV, 0x41e0000000000000
    TO_INTEGER fcvt.w.d, rtz, 0x7fffffff, NX, 0x41dfffffffe00000
    TO_INTEGER fcvt.w.d, rup, 0x7fffffff, NV, 0x41dfffffffe00000
    TO_INTEGER fcvt.w.d, rtz, -0x80000000, NX, 0xc1e0000000100000
    TO_INTEGER fcvt.w.d, rdn, -0x80000000, NV, 0xc1e0000000100000
    TO_INTEGER fcvt.wu.d, rtz, -1, NX, 0x41effffffff00000
    TO_INTEGER fcvt.wu.d, rne, -1, NV, 0x41effffffff00000
    TO_INTEGER fcvt.wu.d, rtz, 0, NX, 0xbfe0000000000000
    TO_INTEGER fcvt.wu.d, rmm, 0, NV, 0xbfe0000000000000
    CASE    12
    TO_INTEGER fcvt.l.d, rtz, 0x7fffffffffffffff, NV, 0x43e0000000000000
    TO_INTEGER fcvt.l.d, rtz, 0x7ffffffffffffc00, 0, 0x43dfffffffffffff
    TO_INTEGER fcvt.l.d, rtz, 0x8000000000000000, 0, 0xc3e0000000000000
    TO_INTEGER fcvt.lu.d, rtz, 0xfffffffffffff800, 0, 0x43efffffffffffff
    TO_INTEGER fcvt.lu.d, rtz, -1, NV, 0x43f0000000000000
    TO_INTEGER fcvt.lu.d, rtz, -1, NV, NAN
    TO_INTEGER fcvt.l.d, rne, 2, NX, 0x4004000000000000
    TO_INTEGER fcvt.l.d, rmm, 3, NX, 0x4004000000000000
    CASE    13
    FROM_WORD fcvt.d.w, 0xc1e0000000000000, 0x80000000
    FROM_WORD fcvt.d.wu, 0x41e0000000000000, 0xffffffff80000000
    FROM_INTEGER fcvt.d.l, rne, 0x4340000000000000, NX, 0x20000000000001
    FROM_INTEGER fcvt.d.l, rup, 0x4340000000000001, NX, 0x20000000000001
    FROM_INTEGER fcvt.d.l, rne, 0xc3e0000000000000, 0, 0x8000000000000000
    FROM_INTEGER fcvt.d.lu, rne, 0x43f0000000000000, NX, -1
    FROM_INTEGER fcvt.d.lu, rtz, 0x43efffffffffffff, NX, -1
    CASE    14                  // to single: rounding, overflow, subnormals, NaNs
    NARROW  rne, 0x3f800000, 0, ONE
    NARROW  rne, 0x3f800000, NX, 0x3ff0000010000000
    NARROW  rup, 0x3f800001, NX, 0x3ff0000010000000
    NARROW  rmm, 0x3f800001, NX, 0x3ff0000010000000
    NARROW  rne, 0x7f800000, OF | NX, 0x47f0000000000000
    NARROW  rtz, 0x7f7fffff, OF | NX, 0x47f0000000000000
    NARROW  rne, 0x00000001, 0, 0x36a0000000000000
    NARROW  rne, 0x00000000, UF | NX, 0x3690000000000000
    NARROW  rup, 0x00000001, UF | NX, 0x3690000000000000
    NARROW  rne, 0x00800000, NX, 0x380ffffff0000000     // rounds up to the least normal number: not tiny
    NARROW  rtz, 0x007fffff, UF | NX, 0x380ffffff0000000
    NARROW  rne, 0x7fc00000, 0, 0xfff8000000000001
    NARROW  rne, 0x7fc00000, NV, SNAN
    CASE    15                  // from single
    WIDEN   ONE, 0, 0x3f800000
    WIDEN   0x36a0000000000000, 0, 1
    WIDEN   NAN, 0, 0xffc00001
    WIDEN   NAN, NV, 0x7f800001
    WIDEN   MINUS_INF, 0, 0xff800000
    li      t0, 0x3f800000      // not boxed
    fmv.d.x f1, t0
    fcvt.d.s f4, f1
    csrwi   fflags, 0
    RESULT  NAN, 0
    CASE    16                  // moves and stores keep every bit
    li      t0, 0x7ff0000000001234
    fmv.d.x f1, t0
    fmv.x.d t1, f1
    EXPECT_SAME t0, t1
    la      a0, data
    fsd     f1, 0(a0)
    fld     f2, 0(a0)
    fmv.x.d t1, f2
    EXPECT_SAME t0, t1
    flw     f2, 0(a0)
    fmv.x.d t1, f2
    EXPECT  t1, 0xffffffff00001234
    PASS

.data
.balign 8
data:
    .dword  0
