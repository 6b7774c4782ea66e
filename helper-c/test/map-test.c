/* Id maps as they were written and as the kernel shows them. */
#include "../launch/parent.c"

#include "test.h"

void test_maps(void)
{
	check_is("blanks", same_map("         0     100000      65536\n", "0 100000 65536\n"), 1);
	check_is("no line end", same_map("0 1 2\n", "0 1 2"), 1);
	check_is("another count", same_map("0 1 2\n", "0 1 3\n"), 0);
	check_is("one line less", same_map("0 1 1\n", "0 1 1\n5 6 1\n"), 0);
	check_is("one line more", same_map("0 1 1\n5 6 1\n", "0 1 1\n"), 0);
	check_is("another order", same_map("5 6 1\n0 1 1\n", "0 1 1\n5 6 1\n"), 1);
	check_is("a line twice for another", same_map("0 1 1\n0 1 1\n", "0 1 1\n5 6 1\n"), 0);
	check_is("nothing", same_map("", "0 1 1\n"), 0);
	check_is("nothing at all", same_map("", ""), 1);
	check_is("half a line", same_map("0 1\n", "0 1\n"), 0);
	check_is("words", same_map("a b c\n", "a b c\n"), 0);
}
