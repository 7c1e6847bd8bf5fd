// See translation.h.
#define LEVELS 3
#include "translation.h"
