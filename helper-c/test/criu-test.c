/* Answers of CRIU, whole and broken. */
#include "../satellite/criu-answer.h"
#include "test.h"

#define READ(answer, ...)                                                                        \
	criu_answer_read((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), \
			 answer)

static void test_whole(void)
{
	struct criu_answer a;

	check_is("a dump that went well", READ(&a, 0x08, 1, 0x10, 1), 0);
	check_is("its type", (long)a.type, 1);
	check_is("its success", (long)a.success, 1);
	check_is("it has no notification", criu_answer_is_from(&a, "go"), 0);
	check_is("a failure, with a field that nobody reads",
		 READ(&a, 0x10, 0, 0x38, 0x8c, 0x01, 0x42, 1, 'x'), 0);
	check_is("its error", (long)a.error, 140);
	check_is("nothing", criu_answer_read((const uint8_t *)"", 0, &a), 0);
	check_is("a notification", READ(&a, 0x08, 6, 0x10, 1, 0x2a, 6, 0x0a, 2, 'g', 'o', 0x10, 77),
		 0);
	check_is("its type", (long)a.type, CRIU_NOTIFY);
	check_is("its pid", (long)a.pid, 77);
	check_is("its name", criu_answer_is_from(&a, "go"), 1);
	check_is("a longer name", criu_answer_is_from(&a, "gone"), 0);
	check_is("a shorter name", criu_answer_is_from(&a, "g"), 0);
	check_is("no name", criu_answer_is_from(&a, NULL), 0);
	check_is("a number where a text belongs", READ(&a, 0x08, 6, 0x28, 2), 0);
	check_is("is no notification", criu_answer_is_from(&a, "go"), 0);
}

static void test_broken(void)
{
	struct criu_answer a;

	check_is("a key without its value", READ(&a, 0x08), -EPROTO);
	check_is("a number without its end", READ(&a, 0x08, 0x80), -EPROTO);
	check_is("a number of more than 64 bits",
		 READ(&a, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1),
		 -EPROTO);
	check_is("a text beyond the end", READ(&a, 0x2a, 3, 0x0a, 0), -EPROTO);
	check_is("a text of nearly 2^64 bytes",
		 READ(&a, 0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0),
		 -EPROTO);
	check_is("a name beyond its notification", READ(&a, 0x2a, 2, 0x0a, 2, 'g', 'o'), -EPROTO);
	check_is("a field of 32 bits", READ(&a, 0x0d, 0, 0, 0, 0), -EPROTO);
}

void test_criu(void)
{
	test_whole();
	test_broken();
}
