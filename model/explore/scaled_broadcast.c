/* The broadcast of primitives/broadcast*.c, line by line, with two slots of one word each: small enough to explore. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "broadcast.h"
#include "scaled.h"
#include "../../primitives/broadcast.c"
#include "../../primitives/broadcast_take.c"
#include "../../primitives/broadcast_give.c"
