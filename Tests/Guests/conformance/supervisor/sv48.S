// See translation.h.
#define LEVELS 4
#include "translation.h"
