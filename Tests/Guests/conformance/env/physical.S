// Runs user_main in U-mode on physical addresses.
#include "conformance.h"
.globl main
main:
    li      t0, 7
    csrw    mcounteren, t0
    csrw    scounteren, t0
    TO_USER
    j       user_main
