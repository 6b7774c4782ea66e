/* Fills tables before it answers. A snapshot begins with full ones: the initialiser of Wizer fills them
 * ahead. It prints what is in the tables, its arguments and its input, and ends with the status 3. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT (1 << 18)
#define ROUNDS 512

static uint32_t numbers[COUNT];
static char *words[64];
static const char *(*answer)(int);

static const char *few(int count)
{
	return count < 3 ? "few" : "many";
}

static void fill(void)
{
	uint32_t state = 1;

	for (int round = 0; round < ROUNDS; round++)
		for (int at = 0; at < COUNT; at++) {
			state = state * 1664525 + 1013904223;
			numbers[at] ^= state >> 7;
		}
	/* More than the memory that the module begins with. */
	for (int at = 0; at < 64; at++) {
		words[at] = malloc(65536);
		memset(words[at], 0, 65536);
		snprintf(words[at], 65536, "word %u", numbers[at]);
	}
	answer = few;
}

__attribute__((export_name("wizer.initialize"))) void initialise(void)
{
	fill();
}

int main(int argc, char **argv)
{
	uint32_t sum = 0;
	char line[64] = "no input";

	if (answer == NULL)
		fill();
	for (int at = 0; at < COUNT; at++)
		sum = sum * 31 + numbers[at];
	(void)!fgets(line, sizeof(line), stdin);
	printf("%u %s %s %s %s\n", sum, words[63], answer(argc), argc > 1 ? argv[1] : "none", line);
	return 3;
}
