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
#define FD_WATCHER (FD_WORK + 2)  /* who gets what the program asks for; perhaps nobody */
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

/* Opens the parent, as the caller has it, with those RESOLVE_* bits, and without following links of
 * procfs but to the caller's own descriptors. 0, GO_ON where a rule allows what is beneath, or
 * -errno. */
long place_open(struct place *place, uint32_t pid, int at, uint64_t resolve);
void place_close(struct place *place);

/* Follows links at the end. 0: the name is not there; GO_ON: it is, or is the kernel's to look for.
 */
long place_follow(struct place *place);

/* The descriptor of the caller's that a path of procfs names, with what follows it in *ret_rest;
 * -1: none. */
int place_descriptor(const struct place *place, const char **ret_rest);

/* Whether a path is one of procfs, where the caller's own are others than ours. */
int place_is_of_proc(const struct place *place);

/* A file that the caller has open. An O_PATH descriptor or -errno. */
int caller_file(uint32_t pid, int fd);

/* The path of what the caller has open, or of its directory (AT_FDCWD). Its length or -errno. */
long caller_directory(uint32_t pid, int at, char *ret, size_t size);

/* Copies a text, or bytes, of the caller's memory. Its length, or 0; or -errno. */
long caller_text(uint32_t pid, uint64_t at, char *ret, size_t size);
long caller_bytes(uint32_t pid, uint64_t at, void *ret, size_t size);

/* Takes over the caller's umask. 0 or -errno. */
long caller_umask(uint32_t pid);

/* Takes note that a thread is about to set its umask. */
void caller_sets_umask(uint32_t pid, uint64_t umask);

/* Marks a process that is about to confine itself by Landlock, and what it forks. 0 or -errno. */
long caller_confines_itself(uint32_t pid);

/* Whether a process is marked: what is made for it would be made without its own domain. */
int caller_is_confined(uint32_t pid);

/* Whether a thread has another root directory, or other mounts, than the supervisor: its paths lead
 * elsewhere. What cannot be told counts as yes. */
int caller_has_own_root(uint32_t pid);

/* Takes note of the guarded names, and of the directories that have a rule: runs of paths. */
void guards_set(const char *names, uint32_t names_size, const char *free, uint32_t free_size);

/* Whether a name is guarded at all: without one every call goes on. */
int guards_any(void);

/* Whether a directory is in a mount whose root has a rule. */
int is_free(int dir);

/* Whether a name is guarded in a directory. `moves`: what gets the name may be a directory with
 * names in it, or lead to one, so that names on the way to a guarded one count, too. */
int is_guarded(const struct place *place, int moves);

/* Takes note of the calls whose paths the watcher gets: a table of the plan. */
void watch_set(const uint8_t *rows, uint32_t size);

/* Tells the watcher what a call asks for. */
void watch_call(const struct seccomp_notif *call);

/* Carries a call out for its caller. GO_ON, a descriptor, 0, or -errno. *ret_flags are those of the
 * descriptor (O_CLOEXEC or none); -1: it is none. */
long carry_out_call(const struct seccomp_notif *call, int *ret_flags);

/* Whether the caller still waits for its answer: its number is then no other's. */
int is_waiting(const struct seccomp_notif *call);

#endif
