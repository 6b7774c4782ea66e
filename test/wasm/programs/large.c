/* A module with too much code to be compiled well at once. Prints a number that depends on all of
 * it. */
#include <stdint.h>
#include <stdio.h>

static volatile uint32_t seed = 7;

#define ONE(n)                                                                             \
	__attribute__((noinline)) static uint32_t one_##n(uint32_t x)                      \
	{                                                                                  \
		for (uint32_t at = 0; at < seed; at++)                                     \
			x = (x ^ (x >> (1 + n % 13))) * (2654435761u + n) + (x % (n + 3)); \
		return x ^ n;                                                              \
	}
#define TEN(n)    \
	ONE(n##0) \
	ONE(n##1) \
	ONE(n##2) \
	ONE(n##3) \
	ONE(n##4) \
	ONE(n##5) \
	ONE(n##6) \
	ONE(n##7) \
	ONE(n##8) \
	ONE(n##9)
#define CALL(n) one_##n,
#define CALLS(n)                                                                                \
	CALL(n##0)                                                                              \
	CALL(n##1) CALL(n##2) CALL(n##3) CALL(n##4) CALL(n##5) CALL(n##6) CALL(n##7) CALL(n##8) \
	    CALL(n##9)
#define ALL(each)                                                                                 \
	each(1) each(2) each(3) each(4) each(5) each(6) each(7) each(8) each(9) each(11) each(12) \
	    each(13) each(14) each(15) each(16) each(17) each(18) each(19) each(21) each(22)      \
		each(23) each(24) each(25) each(26) each(27) each(28) each(29) each(31) each(32)  \
		    each(33) each(34) each(35) each(36) each(37) each(38) each(39) each(41)       \
			each(42) each(43) each(44) each(45) each(46) each(47) each(48) each(49)   \
			    each(51) each(52) each(53) each(54) each(55) each(56) each(57)        \
				each(58) each(59)

ALL(TEN)

static uint32_t (*const all[])(uint32_t) = {ALL(CALLS)};

int main(void)
{
	uint32_t value = 1;

	for (unsigned at = 0; at < sizeof(all) / sizeof(all[0]); at++)
		value = all[at](value);
	printf("%u\n", value);
	return 0;
}
