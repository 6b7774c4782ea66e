/* What tcc(1) lacks of what a translation asks of a compiler: it is included before anything else.
 * helper-c/wasm/numbers.c has the functions. */
#pragma once
#define __INT8_TYPE__ signed char
#define __INT16_TYPE__ short
#define __INT32_TYPE__ int
#define __INT64_TYPE__ long
#define __UINT8_TYPE__ unsigned char
#define __UINT16_TYPE__ unsigned short
#define __UINT32_TYPE__ unsigned int
#define __UINT64_TYPE__ unsigned long
#define __INTPTR_TYPE__ long
#define __UINTPTR_TYPE__ unsigned long
#define __INT_FAST32_TYPE__ long
#define __UINT_FAST32_TYPE__ unsigned long
#define __has_builtin(name) 0
#define __builtin_expect(value, likely) (value)
#define __builtin_unreachable() wasm_rt_trap(0)
#define __builtin_trap() wasm_rt_trap(0)
#define __builtin_memcpy memcpy
#define __builtin_isnan(x) ((x) != (x))
#define __builtin_signbit(x) number_signbit(x)
#define __builtin_inff() number_infinity
#define __builtin_nanf(text) number_nan
extern const float number_infinity, number_nan;
int number_signbit(double x);

#define __builtin_clz number_clz
#define __builtin_clzll number_clzll
#define __builtin_ctz number_ctz
#define __builtin_ctzll number_ctzll
#define __builtin_popcount number_popcount
#define __builtin_popcountll number_popcountll
int number_clz(unsigned x);
int number_clzll(unsigned long x);
int number_ctz(unsigned x);
int number_ctzll(unsigned long x);
int number_popcount(unsigned x);
int number_popcountll(unsigned long x);

#define __builtin_ceil number_ceil
#define __builtin_ceilf number_ceilf
#define __builtin_fabs number_fabs
#define __builtin_fabsf number_fabsf
#define __builtin_floor number_floor
#define __builtin_floorf number_floorf
#define __builtin_nearbyint number_nearbyint
#define __builtin_nearbyintf number_nearbyintf
#define __builtin_sqrt number_sqrt
#define __builtin_sqrtf number_sqrtf
#define __builtin_trunc number_trunc
#define __builtin_truncf number_truncf
#define __builtin_copysign number_copysign
#define __builtin_copysignf number_copysignf
double number_ceil(double x);
float number_ceilf(float x);
double number_fabs(double x);
float number_fabsf(float x);
double number_floor(double x);
float number_floorf(float x);
double number_nearbyint(double x);
float number_nearbyintf(float x);
double number_sqrt(double x);
float number_sqrtf(float x);
double number_trunc(double x);
float number_truncf(float x);
double number_neg(double x);
float number_negf(float x);
double number_copysign(double x, double sign);
float number_copysignf(float x, float sign);
