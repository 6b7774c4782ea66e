/* The supervisor: makes names in trees where some are guarded, for programs that Landlock keeps
 * from it. What it answers with is made with the rights of the program alone, and is never a
 * guarded name. */
#ifndef COFFER_SUPERVISOR_H
#define COFFER_SUPERVISOR_H

#include "../satellite.h"
#include <linux/ioctl.h>
#include <linux/seccomp.h>

#define FD_PROC FD_WORK		  /* the launcher's procfs */
#define FD_LISTENER (FD_WORK + 1) /* first init's pidfd */
#define NUMBER(call) __NR_##call  /* of a call that is answered, and not made */
#define PATH_SIZE 4096
#define NAME_SIZE 256

/* The kernel's own answer is as good: Landlock has refused whatever must not be made. */
#define GO_ON 1

/* What a call would make: a name in a directory. */
struct place {
	int parent;	  /* O_PATH, or -1 */
	const char *name; /* with the slashes behind it */
	size_t length;	  /* without */
	size_t size;	  /* of the path as it was read */
	char path[PATH_SIZE];
};

/* Reads a path of the caller's memory. Its length or -errno. */
long place_read(struct place *ret, uint32_t pid, uint64_t path);

/* Opens the parent, as the caller has it, without following links of procfs to other places. 0,
 * GO_ON where a rule allows what is beneath, or -errno. */
long place_open(struct place *place, uint32_t pid, int at);
void place_close(struct place *place);

/* Copies a text of the caller's memory. Its length, or -errno. */
long caller_text(uint32_t pid, uint64_t at, char *ret, size_t size);

/* Takes over the caller's umask. 0 or -errno. */
long caller_umask(uint32_t pid);

/* Takes note of the guarded names, and of the directories that have a rule: runs of paths. */
void guards_set(const char *names, uint32_t names_size, const char *free, uint32_t free_size);

/* Whether a path is beneath a directory that has a rule. */
int is_free(const char *path);

/* Whether a name is guarded in a directory. `moves`: what gets the name may be a directory with
 * names in it, or lead to one, so that names on the way to a guarded one count, too. */
int is_guarded(const struct place *place, int moves);

/* Carries a call out for its caller. GO_ON, a descriptor (*ret_is_fd is set), 0, or -errno. */
long carry_out_call(const struct seccomp_notif *call, int *ret_is_fd);

/* Whether the caller still waits for its answer: its number is then no other's. */
int is_waiting(const struct seccomp_notif *call);

#endif
