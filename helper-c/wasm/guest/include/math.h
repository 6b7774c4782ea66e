/* What translated code uses of math.h: each is an instruction of the machine (SSE4.1, ARMv8). */
#pragma once
#define isnan(x) __builtin_isnan(x)
#define signbit(x) __builtin_signbit(x)
#define ceil __builtin_ceil
#define ceilf __builtin_ceilf
#define copysign __builtin_copysign
#define copysignf __builtin_copysignf
#define fabs __builtin_fabs
#define fabsf __builtin_fabsf
#define floor __builtin_floor
#define floorf __builtin_floorf
#define nearbyint __builtin_nearbyint
#define nearbyintf __builtin_nearbyintf
#define rint __builtin_rint
#define rintf __builtin_rintf
#define sqrt __builtin_sqrt
#define sqrtf __builtin_sqrtf
#define trunc __builtin_trunc
#define truncf __builtin_truncf
#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")
