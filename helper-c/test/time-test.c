/* Clock offsets as they were written and as the kernel shows them. */
#include "../launch/host.c"

#include "test.h"

static int shows(const char *shown, const char *want)
{
	char text[128];
	struct text copy = {.data = text, .size = sizeof(text)};

	text[0] = 0;
	text_add(&copy, shown);
	squeeze(text);
	return has_lines(text, want);
}

void test_time(void)
{
	static const char shown[] =
	    "monotonic       1000         5\nboottime       -8640         0\n";

	check_is("both clocks", shows(shown, "monotonic 1000 5\nboottime -8640 0\n"), 1);
	check_is("one clock", shows(shown, "boottime -8640 0\n"), 1);
	check_is("another order of clocks", shows(shown, "boottime -8640 0\nmonotonic 1000 5\n"),
		 1);
	check_is("other seconds", shows(shown, "monotonic 100 5\n"), 0);
	check_is("other nanoseconds", shows(shown, "monotonic 1000 50\n"), 0);
	check_is("another sign", shows(shown, "boottime 8640 0\n"), 0);
	check_is("the other clock's", shows(shown, "boottime 1000 5\n"), 0);
	check_is("a clock without its line end", shows(shown, "monotonic 1000 5"), 0);
	check_is("no clock is shown", shows("", "monotonic 1000 5\n"), 0);
	check_is("no clock is wanted", shows(shown, ""), 1);
}
