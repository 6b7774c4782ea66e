/* Places of a sandbox, by what it shows there of the host. */
#ifndef COFFER_QUIET_PLACES_H
#define COFFER_QUIET_PLACES_H

/* The sixth argument of a call that the supervisor does not hear: no call with a path has one.
 * packages/core/src/plan/process/watched.ts has the same number. */
#define QUIET_MARK 0x636f666665722e71L

/* The sign of a place; 0 where a path has none, or its words alone do not tell its place. */
enum place_sign {
	PLACE_SHOWN = '+',  /* what the host has there */
	PLACE_OWN = '-',    /* what the sandbox has of its own */
	PLACE_HIDDEN = '!', /* nothing */
};

/* The sign of the place that is nearest to a path. */
int place_sign(int at, const char *path);

/* Whether what is missing there is missing on the host as well: the place is shown, and no link
 * leads elsewhere. */
int place_misses(int at, const char *path);

#endif
