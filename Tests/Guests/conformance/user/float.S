// F: results, flags, rounding modes, NaN boxing (Unpriv, F). Single values are given by their bits.
#include "user.h"

#define NX 1
#define UF 2
#define OF 4
#define DZ 8
#define NV 16
#define NAN 0x7fc00000
#define SNAN 0x7f800001
#define INF 0x7f800000
#define MINUS_INF 0xff800000
#define MINUS_ZERO 0x80000000
#define ONE 0x3f800000
#define TWO 0x40000000
#define MAX 0x7f7fffff
#define MIN_NORMAL 0x00800000
#define MIN 0x00000001

.macro LOADS one, other, third
    li      t0, \one
    fmv.w.x f1, t0
    li      t0, \other
    fmv.w.x f2, t0
    li      t0, \third
    fmv.w.x f3, t0
    csrwi   fflags, 0
.endm

.macro RESULT result, flags
    csrr    t1, fflags
    fmv.x.d t0, f4
    EXPECT  t0, 0xffffffff00000000 | (\result)      // boxed
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
    fsqrt.s f4, f1
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

.macro CLASS result, one
    LOADS   \one, 0, 0
    fclass.s t0, f1
    EXPECT  t0, \result
.endm

.globl user_main
user_main:
    CASE    2
    BINARY  fadd.s, 0x40600000, 0, 0x40200000, ONE
    BINARY  fadd.s, 0xc49a4000, NX, 0xc49a6333, 0x3f8ccccd
    CASE    3
    BINARY  fadd.s, ONE, NX, ONE, MIN
    BINARY  fadd.s, INF, OF | NX, MAX, MAX
    BINARY  fadd.s, NAN, NV, INF, MINUS_INF
    BINARY  fadd.s, NAN, 0, NAN, ONE
    BINARY  fadd.s, NAN, NV, SNAN, ONE
    BINARY  fsub.s, 0, 0, ONE, ONE
    BINARY  fsub.s, NAN, NV, INF, INF
    CASE    4
    BINARY  fmul.s, 0x40400000, 0, 0x3fc00000, TWO
    BINARY  fmul.s, MINUS_ZERO, 0, 0, 0xbf800000
    BINARY  fmul.s, NAN, NV, INF, 0
    BINARY  fmul.s, INF, OF | NX, MAX, TWO
    BINARY  fmul.s, 0, UF | NX, MIN, 0x3e800000
    BINARY  fmul.s, 0x00400000, 0, MIN_NORMAL, 0x3f000000     // exact, so no underflow
    CASE    5
    BINARY  fdiv.s, 0x3eaaaaab, NX, ONE, 0x40400000
    BINARY  fdiv.s, INF, DZ, ONE, 0
    BINARY  fdiv.s, MINUS_INF, DZ, ONE, MINUS_ZERO
    BINARY  fdiv.s, NAN, NV, 0, 0
    BINARY  fdiv.s, NAN, NV, INF, INF
    BINARY  fdiv.s, 0, 0, ONE, INF
    CASE    6
    ROOT    0x40400000, 0, 0x41100000
    ROOT    0x3fb504f3, NX, TWO
    ROOT    NAN, NV, 0xbf800000
    ROOT    MINUS_ZERO, 0, MINUS_ZERO
    ROOT    INF, 0, INF
    ROOT    0x1a3504f3, NX, MIN         // subnormals
    ROOT    0x1a800000, 0, 2

    CASE    7                   // one and a little: each rounding mode
    ROUNDED fadd.s, rne, ONE, NX, ONE, 0x33800000             // halfway: to even
    ROUNDED fadd.s, rtz, ONE, NX, ONE, 0x33800000
    ROUNDED fadd.s, rdn, ONE, NX, ONE, 0x33800000
    ROUNDED fadd.s, rup, 0x3f800001, NX, ONE, 0x33800000
    ROUNDED fadd.s, rmm, 0x3f800001, NX, ONE, 0x33800000
    ROUNDED fadd.s, rne, 0x3f800002, NX, 0x3f800001, 0x33800000
    CASE    8
    ROUNDED fsub.s, rne, 0xbf800000, NX, 0xbf800000, 0x33800000
    ROUNDED fsub.s, rdn, 0xbf800001, NX, 0xbf800000, 0x33800000
    ROUNDED fsub.s, rup, 0xbf800000, NX, 0xbf800000, 0x33800000
    ROUNDED fsub.s, rmm, 0xbf800001, NX, 0xbf800000, 0x33800000
    CASE    9                   // overflow by mode; the zero that sums cancel to
    ROUNDED fadd.s, rtz, MAX, OF | NX, MAX, MAX
    ROUNDED fadd.s, rdn, MAX, OF | NX, MAX, MAX
    ROUNDED fadd.s, rup, INF, OF | NX, MAX, MAX
    ROUNDED fsub.s, rdn, MINUS_ZERO, 0, ONE, ONE
    ROUNDED fsub.s, rtz, 0, 0, ONE, ONE
    CASE    10                  // frm
    fsrmi   2
    BINARY  fadd.s, ONE, NX, ONE, 0x33800000
    fsrmi   3
    BINARY  fadd.s, 0x3f800001, NX, ONE, 0x33800000
    fsrmi   4
    BINARY  fdiv.s, 0x3eaaaaab, NX, ONE, 0x40400000
    csrr    t0, fcsr
    EXPECT  t0, 0x81
    fsrmi   0
    CASE    11                  // tininess is found after rounding
    ROUNDED fmul.s, rne, MIN_NORMAL, NX, 0x00800001, 0x3f7ffffe
    ROUNDED fmul.s, rtz, 0x007ffffe, UF | NX, 0x00800001, 0x3f7ffffc

    CASE    12                  // one rounding
    FUSED   fmadd.s, 0x40400000, 0, ONE, TWO, ONE
    FUSED   fmadd.s, 0x28800000, 0, 0x3f800001, 0x3f800001, 0xbf800002   // 2^-46 is left
    CASE    13
    FUSED   fmsub.s, ONE, 0, ONE, TWO, ONE
    FUSED   fnmsub.s, 0xbf800000, 0, ONE, TWO, ONE
    FUSED   fnmadd.s, 0xc0400000, 0, ONE, TWO, ONE
    FUSED   fnmadd.s, MINUS_ZERO, 0, 0, ONE, 0
    FUSED   fnmsub.s, 0, 0, ONE, ONE, ONE
    CASE    14
    FUSED   fmadd.s, NAN, NV, INF, 0, ONE
    FUSED   fmadd.s, NAN, NV, INF, 0, NAN       // invalid though the addend is a quiet NaN
    FUSED   fmadd.s, NAN, NV, INF, ONE, MINUS_INF
    FUSED   fmadd.s, NAN, 0, NAN, ONE, ONE
    FUSED   fmadd.s, NAN, NV, ONE, ONE, SNAN

    CASE    15                  // minimum and maximum: numbers before NaNs, minus zero before zero
    BINARY  fmin.s, MINUS_ZERO, 0, 0, MINUS_ZERO
    BINARY  fmax.s, 0, 0, MINUS_ZERO, 0
    BINARY  fmin.s, ONE, 0, NAN, ONE
    BINARY  fmax.s, ONE, 0, ONE, NAN
    BINARY  fmin.s, ONE, NV, SNAN, ONE
    BINARY  fmax.s, NAN, 0, NAN, 0xffc12345
    BINARY  fmin.s, NAN, NV, SNAN, NAN
    BINARY  fmax.s, TWO, 0, ONE, TWO
    CASE    16
    BINARY  fsgnj.s, 0xbf800000, 0, ONE, 0xc0000000
    BINARY  fsgnjn.s, ONE, 0, ONE, 0xc0000000
    BINARY  fsgnjx.s, ONE, 0, 0xbf800000, 0xc0000000
    BINARY  fsgnj.s, SNAN, 0, SNAN, ONE         // no flag, no canonical NaN
    CASE    17
    COMPARE feq.s, 1, 0, 0, MINUS_ZERO
    COMPARE feq.s, 0, 0, NAN, NAN
    COMPARE feq.s, 0, NV, SNAN, ONE
    COMPARE flt.s, 1, 0, ONE, TWO
    COMPARE flt.s, 0, 0, 0, MINUS_ZERO
    COMPARE flt.s, 0, NV, NAN, ONE
    COMPARE fle.s, 1, 0, MINUS_ZERO, 0
    COMPARE fle.s, 0, NV, ONE, NAN
    COMPARE flt.s, 1, 0, MINUS_INF, INF
    CASE    18
    CLASS   1, MINUS_INF
    CLASS   2, 0xbf800000
    CLASS   4, 0x80000001
    CLASS   8, MINUS_ZERO
    CLASS   16, 0
    CLASS   32, MIN
    CLASS   64, ONE
    CLASS   128, INF
    CLASS   256, SNAN
    CLASS   512, NAN

    CASE    20                  // to integers: rounding and saturation
    TO_INTEGER fcvt.w.s, rtz, -1, NX, 0xbf8ccccd
    TO_INTEGER fcvt.w.s, rne, 2, NX, 0x40200000
    TO_INTEGER fcvt.w.s, rne, 2, NX, 0x3fc00000
    TO_INTEGER fcvt.w.s, rmm, 3, NX, 0x40200000
    TO_INTEGER fcvt.w.s, rdn, -3, NX, 0xc0200000
    TO_INTEGER fcvt.w.s, rup, -2, NX, 0xc0200000
    CASE    21
    TO_INTEGER fcvt.w.s, rtz, 0x7fffffff, NV, 0x4f000000
    TO_INTEGER fcvt.w.s, rtz, -0x80000000, 0, 0xcf000000
    TO_INTEGER fcvt.w.s, rtz, -0x80000000, NV, 0xcf000001
    TO_INTEGER fcvt.w.s, rtz, 0x7fffffff, NV, NAN
    TO_INTEGER fcvt.w.s, rtz, 0x7fffffff, NV, 0xffc00000
    TO_INTEGER fcvt.w.s, rtz, -0x80000000, NV, MINUS_INF
    CASE    22                  // unsigned words are sign-extended
    TO_INTEGER fcvt.wu.s, rtz, 0xffffffff80000000, 0, 0x4f000000
    TO_INTEGER fcvt.wu.s, rtz, -1, NV, 0x4f800000
    TO_INTEGER fcvt.wu.s, rtz, -1, NV, NAN
    TO_INTEGER fcvt.wu.s, rtz, 0, NV, 0xbf800000
    TO_INTEGER fcvt.wu.s, rtz, 0, NX, 0xbf7fffff
    TO_INTEGER fcvt.wu.s, rdn, 0, NV, 0xbf000000
    CASE    23
    TO_INTEGER fcvt.l.s, rtz, 0x7fffffffffffffff, NV, 0x5f000000
    TO_INTEGER fcvt.l.s, rtz, 0x8000000000000000, 0, 0xdf000000
    TO_INTEGER fcvt.lu.s, rtz, 0x8000000000000000, 0, 0x5f000000
    TO_INTEGER fcvt.lu.s, rtz, -1, NV, 0x5f800000
    TO_INTEGER fcvt.lu.s, rtz, 0, NV, 0xbf800000
    CASE    24
    FROM_INTEGER fcvt.s.w, rne, 0xbf800000, 0, -1
    FROM_INTEGER fcvt.s.w, rne, 0x40000000, 0, 0x100000002
    FROM_INTEGER fcvt.s.wu, rne, 0x4f800000, NX, -1
    FROM_INTEGER fcvt.s.wu, rtz, 0x4f7fffff, NX, -1
    FROM_INTEGER fcvt.s.l, rne, 0xdf000000, 0, 0x8000000000000000
    FROM_INTEGER fcvt.s.lu, rne, 0x5f800000, NX, -1
    FROM_INTEGER fcvt.s.l, rup, 0x4b800001, NX, 16777217
    FROM_INTEGER fcvt.s.l, rdn, 0x4b800000, NX, 16777217
    FROM_INTEGER fcvt.s.w, rne, 0, 0, 0

    CASE    25                  // a single that is not boxed is the canonical NaN …
    li      t0, 0x000000003f800000
    fmv.d.x f1, t0
    csrwi   fflags, 0
    fsgnj.s f4, f1, f1
    RESULT  NAN, 0
    fadd.s  f4, f1, f1
    RESULT  NAN, 0
    fclass.s t0, f1
    EXPECT  t0, 512
    fcvt.w.s t0, f1
    EXPECT  t0, 0x7fffffff
    CASE    26                  // … but moves and stores take its bits
    fmv.x.w t0, f1
    EXPECT  t0, ONE
    la      a0, data
    fsw     f1, 0(a0)
    lwu     t0, 0(a0)
    EXPECT  t0, ONE
    fsd     f1, 8(a0)
    ld      t0, 8(a0)
    EXPECT  t0, ONE
    CASE    27                  // loads and moves box; fmv.x.w extends the sign
    li      t0, 0xbf800000
    sw      t0, 0(a0)
    flw     f4, 0(a0)
    csrwi   fflags, 0
    RESULT  0xbf800000, 0
    fmv.x.w t0, f4
    EXPECT  t0, 0xffffffffbf800000
    CASE    28                  // flags accumulate until they are written
    csrwi   fflags, 0
    LOADS   ONE, 0, 0
    fdiv.s  f4, f1, f2
    fmul.s  f4, f4, f2
    csrr    t0, fflags
    EXPECT  t0, DZ | NV
    frflags t1
    EXPECT_SAME t0, t1
    fsflags t1, zero
    EXPECT_SAME t0, t1
    csrr    t0, fflags
    EXPECT_ZERO t0
    PASS

.data
.balign 8
data:
    .dword  0, 0
