/* Which addresses a network namespace may send to. */
#ifndef COFFER_ADDRESS_RULES_H
#define COFFER_ADDRESS_RULES_H

#include "../sys/sys.h"

/*
 * Gives the network namespace of this process a policy for each rule: the first that has an address
 * decides. They are policies of XFRM: a route is no rule, as who names the interface of a packet
 * needs none. 0 or -errno.
 */
long address_rules_set(const uint8_t *rules, uint32_t size);

#endif
