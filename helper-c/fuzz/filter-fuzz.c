/* Any request is compiled to a filter that the kernel takes, or refused: with memory for it, and
 * with too little. Each byte stands for a word, so that requests come close to good ones. */
#include "filter/filter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct instruction {
	uint16_t code;
	uint8_t yes, no;
	uint32_t operand;
};

#define MOST_WORDS 4096
#define ROOM (256u << 10)

static uint32_t word_of(uint8_t byte)
{
	static const uint32_t special[] = {UINT32_MAX, INT32_MAX,  0x40000000, 0x7fff0000,
					   0x50001,    0x80000000, 0xc000003e, 0xffff};

	return byte < 0xf8 ? byte : special[byte - 0xf8];
}

/* All jumps stay in the program, and it ends in an answer. */
static void check_program(const struct instruction *program, uint32_t count)
{
	assert(count > 0 && count <= FILTER_MAX_INSTRUCTIONS);
	for (uint32_t i = 0; i < count; i++) {
		const struct instruction *at = &program[i];
		uint32_t room = count - i - 1;

		switch (at->code) {
		case 0x06:
			break;
		case 0x05:
			assert(at->operand < room);
			break;
		case 0x15:
		case 0x25:
		case 0x35:
			assert(at->yes < room && at->no < room);
			break;
		default:
			assert(at->code == 0x20 || at->code == 0x54);
			assert(room > 0 && (at->code == 0x54 || at->operand < 64));
		}
	}
}

static void compile(const uint32_t *words, uint32_t count, uint32_t room)
{
	uint32_t bytes = count * (uint32_t)sizeof(*words);
	uint8_t *memory = malloc(room);
	int32_t length;

	assert(memory);
	memcpy(memory, words, bytes);
	length = filter_compile(memory, bytes, room);
	assert(length >= FILTER_BAD_REQUEST && length % 8 == (length < 0 ? length : 0));
	if (length >= 0)
		check_program((const struct instruction *)(const void *)memory,
			      (uint32_t)length / 8);
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint32_t words[MOST_WORDS];
	uint32_t count = size < MOST_WORDS ? (uint32_t)size : MOST_WORDS;

	for (uint32_t i = 0; i < count; i++)
		words[i] = word_of(data[i]);
	compile(words, count, ROOM);
	compile(words, count, (count * 4 + (8u << 10)) & ~7u);
	return 0;
}
