/* SHA-256 (FIPS 180-4) of 64 MiB: integers. */
#include <stdint.h>
#include <stdio.h>

#define SIZE (1 << 20)
#define TIMES 64
#define TURN(x, n) ((x) >> (n) | (x) << (32 - (n)))

static uint32_t constants[64];
static uint8_t bytes[SIZE];

/* The first 32 bits of the fractional part of the cube roots of the primes, by whole numbers. */
static void make_constants(void)
{
	int count = 0;

	for (uint64_t n = 2; count < 64; n++) {
		unsigned __int128 low = 0, high = (unsigned __int128)16 << 32;
		int is_prime = 1;

		for (uint64_t d = 2; d * d <= n; d++)
			is_prime &= n % d != 0;
		if (!is_prime)
			continue;
		while (high - low > 1) {
			unsigned __int128 middle = (low + high) / 2;

			if (middle * middle * middle <= (unsigned __int128)n << 96)
				low = middle;
			else
				high = middle;
		}
		constants[count++] = (uint32_t)low;
	}
}

static void block(uint32_t *state, const uint8_t *at)
{
	uint32_t w[64], s[8];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)at[4 * i] << 24 | (uint32_t)at[4 * i + 1] << 16 |
		       (uint32_t)at[4 * i + 2] << 8 | at[4 * i + 3];
	for (int i = 16; i < 64; i++)
		w[i] = w[i - 16] + (TURN(w[i - 15], 7) ^ TURN(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       w[i - 7] + (TURN(w[i - 2], 17) ^ TURN(w[i - 2], 19) ^ w[i - 2] >> 10);
	for (int i = 0; i < 8; i++)
		s[i] = state[i];
	for (int i = 0; i < 64; i++) {
		uint32_t one = s[7] + (TURN(s[4], 6) ^ TURN(s[4], 11) ^ TURN(s[4], 25)) +
			       ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[i] + w[i];
		uint32_t two = (TURN(s[0], 2) ^ TURN(s[0], 13) ^ TURN(s[0], 22)) +
			       ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

		s[7] = s[6];
		s[6] = s[5];
		s[5] = s[4];
		s[4] = s[3] + one;
		s[3] = s[2];
		s[2] = s[1];
		s[1] = s[0];
		s[0] = one + two;
	}
	for (int i = 0; i < 8; i++)
		state[i] += s[i];
}

int main(void)
{
	uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

	make_constants();
	for (int i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)(i * 7);
	for (int n = 0; n < TIMES; n++)
		for (int i = 0; i < SIZE; i += 64)
			block(state, bytes + i);
	printf("%08x%08x\n", (unsigned)state[0], (unsigned)state[7]);
	return 0;
}
