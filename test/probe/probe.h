/* The probe: the only program in a test's rootfs. It tells what a container's process can see. */
#pragma once

#include <stddef.h>

/* facts.c: the state of the process itself. */
void facts_identity(void);
void facts_caps(void);
void facts_descriptors(void);
void facts_limits(void);
void facts_signals(void);
void facts_terminal(void);

/* world.c: what is around it. */
void world_names(void);
void world_namespaces(void);
void world_mounts(void);
void world_cgroup(void);
void world_directory(const char *name, const char *path);
void world_stat(const char *name, const char *path);
void world_inode(const char *name, const char *path);
void world_open(const char *name, const char *path);
void world_file(const char *name, const char *path);
void world_clocks(void);

/* Reads a whole small file; the result is NUL-terminated and static, NULL when it cannot be read.
 */
const char *read_file(const char *path, long *ret_length);

/* verbs.c: everything but `facts`; returns the exit status, or -1 for an unknown verb. */
int verb_run(int argc, char **argv);

/* attempts.c: what a container may try; returns the exit status, or -1 for an unknown verb. */
int attempt_run(int argc, char **argv);

/* cgroups.c: cgroups that only a hostile container makes. */
int cgroups_nest(char **argv);

/* set-id.c: tries every call that could give a file of the working directory a mode (octal); tells
 * of each. */
int set_id_run(char **argv);

/* weaken.c: tries every way to take a mask and a read-only flag off; tells of each. */
int weaken_run(char **argv);
