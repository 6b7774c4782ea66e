/* Attempts to make a name that is guarded: what every file of this program has. */
#ifndef FENCE_H
#define FENCE_H

/* The name, beneath the working directory; where it is, and its last part. */
extern const char *name, *directory, *last;

/* An attempt: what it returns does not matter, but whether the name is there. */
struct way {
	const char *title;
	void (*try)(void);
};

extern const struct way plain_ways[], foreign_ways[];

/* Whether the name is there: says so, unless title is NULL, and removes it. */
int made(const char *title);

/* Attempts in which a thread changes what a call reads meanwhile. */
void race(int rounds);

#endif
