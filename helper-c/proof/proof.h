/* For CBMC (scripts/prove.mjs). Each proof includes the file that it is about, so that it reaches
 * what is static there. */
#pragma once

#include <stdlib.h>

#include "plan/verify-internal.h"

#define PROVE(condition, text) __CPROVER_assert(condition, text)
#define ASSUME(condition) __CPROVER_assume(condition)

uint32_t nondet_u32(void);
uint16_t nondet_u16(void);
