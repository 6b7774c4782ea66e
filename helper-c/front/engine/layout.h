/* Where the blocks of the image are put, while it is made. */
#ifndef FRONT_LAYOUT_H
#define FRONT_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

/* Where the next block is cut from. */
struct place {
	/* NULL: from the arena's own end. */
	uintptr_t *end;
	/* The block is the image's: it is not made of a freed one. */
	bool stays;
	/* Of the allocation. */
	uint32_t number;
};

struct place layout_next(void);
/* True if all blocks were put where they were meant to be. */
bool layout_is_kept(void);
/* The first address behind the blocks that stay; 0 if no layout was given. */
uintptr_t layout_end(void);

#endif
