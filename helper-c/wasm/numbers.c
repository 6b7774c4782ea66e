/* Arithmetic that a translation needs and tcc(1) has no instructions for (tinyc.h).
 * The linker leaves out what nobody calls. */
#if defined(__x86_64__)
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#define MACHINE __attribute__((target("sse4.1,popcnt")))
#define ONE(result, name, argument)               \
	MACHINE result number_##name(argument x); \
	MACHINE result number_##name(argument x)  \
	{                                         \
		return __builtin_##name(x);       \
	}
#define BOTH(name) ONE(double, name, double) ONE(float, name##f, float)

const float number_infinity = __builtin_inff(), number_nan = __builtin_nanf("");

BOTH(ceil)
BOTH(fabs)
BOTH(floor)
BOTH(nearbyint)
BOTH(trunc)
ONE(int, clz, unsigned)
ONE(int, clzll, unsigned long)
ONE(int, ctz, unsigned)
ONE(int, ctzll, unsigned long)
ONE(int, popcount, unsigned)
ONE(int, popcountll, unsigned long)

/* The builtin is a call of a library that sets errno. */
double number_sqrt(double x)
{
	__asm__("sqrtsd %1, %0" : "=x"(x) : "x"(x));
	return x;
}

float number_sqrtf(float x)
{
	__asm__("sqrtss %1, %0" : "=x"(x) : "x"(x));
	return x;
}

double number_neg(double x)
{
	return -x;
}

float number_negf(float x)
{
	return -x;
}

int number_signbit(double x)
{
	return __builtin_signbit(x);
}

double number_copysign(double x, double sign)
{
	return __builtin_copysign(x, sign);
}

float number_copysignf(float x, float sign)
{
	return __builtin_copysignf(x, sign);
}

/* What tcc calls by itself, under these names. */
#define CONVERT(name, result, argument) \
	result name(argument x);        \
	result name(argument x)         \
	{                               \
		return (result)x;       \
	}
CONVERT(__fixunsdfdi, unsigned long, double)
CONVERT(__fixunssfdi, unsigned long, float)
CONVERT(__floatundidf, double, unsigned long)
CONVERT(__floatundisf, float, unsigned long)
#endif
