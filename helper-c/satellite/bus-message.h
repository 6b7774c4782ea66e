/* Messages of D-Bus as they come in: what the launcher has to know of one, and no more. */
#ifndef COFFER_BUS_MESSAGE_H
#define COFFER_BUS_MESSAGE_H

#include <stdint.h>

#define BUS_HEAD 16

enum bus_type { BUS_CALL = 1, BUS_ANSWER, BUS_ERROR, BUS_SIGNAL };

/* Strings point into the message and end in NUL; NULL where it has none. */
struct bus_message {
	uint32_t type, answer_to;
	const char *member, *error, *sender, *signature;
	const uint8_t *body;
	uint32_t body_size;
};

/* The size of the whole message that begins with these BUS_HEAD bytes; 0 for another byte order,
 * another version, or a size beyond what D-Bus allows. */
uint64_t bus_message_size(const uint8_t *head);

/* Reads a whole message. 0, or -EPROTO when it is not well formed. */
int bus_message_read(const uint8_t *data, uint32_t size, struct bus_message *ret);

/* The string (or object path) at *at of the body; *at moves past it. NULL without one. */
const char *bus_body_string(const struct bus_message *message, uint32_t *at);

/* Puts a number into a message that is to be sent. */
void bus_put_number(uint8_t *at, uint32_t value);

#endif
