/* Fills a table of 4 MiB before it looks at one element: what a program with tables does in each run. */
#include <stdint.h>
#include <stdio.h>

#define COUNT (1 << 20)

static uint32_t table[COUNT];
static int is_full;

__attribute__((export_name("wizer.initialize"))) void initialise(void)
{
	uint32_t state = 1;

	for (int round = 0; round < 16; round++)
		for (int at = 0; at < COUNT; at++) {
			state = state * 1664525 + 1013904223;
			table[at] ^= state;
		}
	is_full = 1;
}

int main(void)
{
	if (!is_full)
		initialise();
	printf("%u\n", table[COUNT / 2]);
	return 0;
}
