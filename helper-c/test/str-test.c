#include "test.h"
#include "../sys/str.h"

static void number(const char *name, const char *text, int want, uint64_t value, long rest)
{
	const char *at = text;
	uint64_t got = 77;
	int ret = str_number(&at, &got);

	check_is(name, ret, want);
	check_is(name, (long)got, (long)(want == 0 ? value : 77));
	check_is(name, at - text, want == 0 ? rest : 0);
}

static void test_numbers(void)
{
	number("a number", "42 x", 0, 42, 2);
	number("zero", "0", 0, 0, 1);
	number("the largest", "18446744073709551615", 0, UINT64_MAX, 20);
	number("one more than the largest", "18446744073709551616", -1, 0, 0);
	number("far too long", "99999999999999999999999999", -1, 0, 0);
	number("no number", "", -1, 0, 0);
	number("a sign", "-1", -1, 0, 0);
	number("a blank", " 1", -1, 0, 0);
}

static void test_text(void)
{
	char buf[8];
	struct text text = {.data = buf, .size = sizeof(buf)};

	text_add(&text, "abc");
	text_add_number(&text, 1234);
	check_is("a text that just fits", text.full, 0);
	check_is("its end", buf[7], 0);
	text_add(&text, "x");
	check_is("one byte more", text.full, 1);
	check_is("is not written", (long)text.used, 7);
	text_add(&text, "");
	check_is("full stays full", text.full, 1);

	struct text largest = {.data = (char[21]){0}, .size = 21};

	text_add_number(&largest, UINT64_MAX);
	check_is("20 digits in 21 bytes", str_equal(largest.data, "18446744073709551615"), 1);
}

void test_str(void)
{
	char a[16] = "0123456789", b[16] = "0123456789";

	test_numbers();
	test_text();
	(void)memmove(a + 2, a, 6);
	check_is("memmove up", memcmp(a, "0101234589", 10), 0);
	(void)memmove(b, b + 2, 6);
	check_is("memmove down", memcmp(b, "2345676789", 10), 0);
	(void)memset(a, 'x', 4);
	check_is("memset", memcmp(a, "xxxx234589", 10), 0);
	check_is("memcmp is unsigned", memcmp("\xff", "\x01", 1), 1);
	check_is("memcmp of nothing", memcmp("a", "b", 0), 0);
	check_is("a prefix is not equal", str_equal("abc", "ab") || str_equal("ab", "abc"), 0);
	check_is("equal", str_equal("abc", "abc"), 1);
	check_is("strlen", (long)strlen("abc"), 3);
}
