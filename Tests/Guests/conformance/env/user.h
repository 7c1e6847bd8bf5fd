// What programs for U-mode use: conformance.h's checks, without traps or changes of mode. They run in two environments,
// on physical addresses (physical.S) and under demand paging (kernel_paging.c), and start at user_main.

// A failure must be reported from the program's own pages.
#define fail user_fail
#include "conformance.h"

.text
user_fail:
    li      a7, CALL_EXIT
    ecall
