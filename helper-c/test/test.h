/* The unit tests of the helper's C: one program, one line a check. No header of libc: those and the
 * kernel's do not go together. */
#ifndef COFFER_TEST_H
#define COFFER_TEST_H

#include "../sys/sys.h"

/* Prints `ok NAME` or `not ok NAME` with both values. */
void check_is(const char *name, long is, long want);

/* The tests' own directory, empty at the start. */
extern int scratch;

void test_str(void);
void test_path(void);
void test_messages(void);
void test_faults(void);
void test_cgroup(void);
void test_kill(void);
void test_maps(void);
void test_copy(void);
void test_time(void);
void test_criu(void);

#endif
