/* Answers of CRIU's service: messages of protobuf, of which only the few fields are read that tell
 * how it went. */
#ifndef COFFER_CRIU_ANSWER_H
#define COFFER_CRIU_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#define CRIU_NOTIFY 6 /* the type of an answer that asks for one */

struct criu_answer {
	uint64_t type, success, error, pid;
	const uint8_t *script; /* into the message; NULL where it has none */
	uint64_t script_size;
};

/* Reads a whole message. 0, or -EPROTO when it is not well formed. */
int criu_answer_read(const uint8_t *data, size_t size, struct criu_answer *ret);

/* Whether it is the notification of that name; no name is none. */
int criu_answer_is_from(const struct criu_answer *answer, const char *name);

#endif
