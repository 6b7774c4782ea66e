/* Computes with numbers at random, edges among them, and prints a checksum for each operation: V8
 * has to say the same. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS 20000

static uint64_t state = 88172645463325252u;

static uint64_t next(void)
{
	static const uint64_t edges[] = {0,
					 1,
					 31,
					 63,
					 0x7fffffff,
					 0x80000000,
					 0xffffffff,
					 INT64_MAX,
					 1ull << 63,
					 UINT64_MAX,
					 0x7ff0000000000000,
					 0xfff0000000000000,
					 0x3fe0000000000000,
					 0x41dfffffffe00000,
					 0xc1e0000000000000};

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % 8 == 0 ? edges[(state >> 8) % (sizeof(edges) / sizeof(edges[0]))] : state;
}

static uint64_t sum;

static void add(uint64_t value)
{
	sum = (sum ^ value) * 1099511628211u;
}

/* A NaN's bits are the engine's own: only that it is one counts. */
static void add_double(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	add(isnan(value) ? 1 : bits);
}

static void add_float(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	add(isnan(value) ? 1 : bits);
}

static double as_double(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static float as_float(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static void tell(const char *name)
{
	printf("%s %016llx\n", name, (unsigned long long)sum);
	sum = 0;
}

#define EACH(name, statement)                                         \
	for (int n = 0; n < ROUNDS; n++) {                            \
		uint64_t a = next(), b = next();                      \
		uint32_t x = (uint32_t)a, y = (uint32_t)b;            \
		double d = as_double(a), e = as_double(b);            \
		float f = as_float(x), g = as_float(y);               \
                                                                      \
		(void)b, (void)y, (void)d, (void)e, (void)f, (void)g; \
		statement;                                            \
	}                                                             \
	tell(name)

typedef uint64_t operation(uint64_t, uint64_t);

static uint64_t plus(uint64_t a, uint64_t b)
{
	return a + b;
}
static uint64_t minus(uint64_t a, uint64_t b)
{
	return a - b;
}
static uint64_t times(uint64_t a, uint64_t b)
{
	return a * b;
}
static operation *volatile operations[] = {plus, minus, times};

int main(void)
{
	static uint8_t bytes[4096];

	EACH("i32", add(x + y); add(x * y); add(x << (y & 31));
	     add((uint32_t)((int32_t)x >> (y & 31))));
	EACH(
	    "i32 divide", if (y != 0) {
		    add(x / y);
		    add(x % y);
	    });
	EACH(
	    "i32 signed", if (y != 0 && !(x == 0x80000000u && y == UINT32_MAX)) {
		    add((uint32_t)((int32_t)x / (int32_t)y));
		    add((uint32_t)((int32_t)x % (int32_t)y));
	    });
	EACH("i32 bits", add((uint32_t)__builtin_popcount(x));
	     add(x ? (uint32_t)__builtin_clz(x) : 32); add(x ? (uint32_t)__builtin_ctz(x) : 32);
	     add(x << (y & 31) | x >> (-y & 31)));
	EACH("i64", add(a + b); add(a * b); add(a << (b & 63));
	     add((uint64_t)((int64_t)a >> (b & 63))));
	EACH(
	    "i64 divide", if (b != 0) {
		    add(a / b);
		    add(a % b);
	    });
	EACH("i64 bits", add((uint64_t)__builtin_popcountll(a));
	     add(a ? (uint64_t)__builtin_clzll(a) : 64); add(a << (b & 63) | a >> (-b & 63));
	     add((uint64_t)(int8_t)a); add((uint64_t)(int16_t)a));
	EACH("f64", add_double(d + e); add_double(d - e); add_double(d * e); add_double(d / e));
	EACH("f64 round", add_double(floor(d)); add_double(ceil(d)); add_double(trunc(d));
	     add_double(nearbyint(d)); add_double(sqrt(d)); add_double(fabs(d));
	     add_double(copysign(d, e)));
	EACH("f64 compare", add(d < e); add(d <= e); add(d == e); add(d != e);
	     add_double(fmin(d, e)); add_double(fmax(d, e)));
	EACH("f32", add_float(f + g); add_float(f * g); add_float(f / g); add_float(f - g));
	EACH("f32 round", add_float(floorf(f)); add_float(ceilf(f)); add_float(truncf(f));
	     add_float(nearbyintf(f)); add_float(sqrtf(f)));
	EACH("convert", add_double((double)(int64_t)a); add_double((double)a);
	     add_double((double)(int32_t)x); add_float((float)(int64_t)a); add_float((float)a);
	     add_float((float)d); add_double((double)f));
	EACH(
	    "truncate", if (fabs(d) < 2147483647) {
		    add((uint32_t)(int32_t)d);
		    add((uint64_t)(int64_t)d);
	    });
	EACH("indirect", add(operations[x % 3](a, b)));
	EACH("memory", memmove(bytes + x % 2048, bytes + y % 2048, a % 2048);
	     bytes[y % 4096] = (uint8_t)x; memset(bytes + b % 3000, (int)x & 255, a % 1000);
	     add(bytes[x % 4096]));
	return 0;
}
