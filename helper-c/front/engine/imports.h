/*
 * What the engine may ask of the host: every import of the module, and the only ways out of its
 * linear memory. Results below zero are negative errnos. Strings end with NUL; a path of the
 * caller's is bytes of any kind.
 */
#ifndef FRONT_IMPORTS_H
#define FRONT_IMPORTS_H

#include <stdint.h>

#define HOST(name) __attribute__((import_module("host"), import_name(name)))

/* What `stat` writes: numbers of 64 bits in the order of `struct stat_words` in host/files.c. */
#define STAT_WORDS 10

HOST("open") int32_t host_open(const char *path, int32_t flags, int32_t mode);
HOST("close") int32_t host_close(int32_t fd);
HOST("read") int32_t host_read(int32_t fd, void *buffer, uint32_t size);
HOST("write") int32_t host_write(int32_t fd, const void *bytes, uint32_t size);
HOST("stat") int32_t host_stat(const char *path, int32_t follow, uint64_t *ret_words);
HOST("fstat") int32_t host_fstat(int32_t fd, uint64_t *ret_words);
HOST("statfs") int32_t host_statfs(const char *path);
HOST("watch") int32_t host_watch(const char *path);
HOST("readlink") int32_t host_readlink(const char *path, char *buffer, uint32_t size);
HOST("entries") int32_t host_entries(int32_t fd, char *buffer, uint32_t size);
HOST("mkdir") int32_t host_mkdir(const char *path, int32_t mode);
HOST("unlink") int32_t host_unlink(const char *path, int32_t flags);
HOST("rename") int32_t host_rename(const char *from, const char *to);
HOST("link") int32_t host_link(const char *from, const char *to);
HOST("access") int32_t host_access(const char *path, int32_t how);
HOST("flock") int32_t host_flock(int32_t fd, int32_t timeout_ms);
HOST("probe_socket") int32_t host_probe_socket(const char *path);

HOST("identity") int32_t host_identity(int32_t which);
HOST("groups") int32_t host_groups(uint32_t *buffer, uint32_t count);
HOST("umask") int32_t host_umask(int32_t mask);
HOST("word") int32_t host_word(int32_t list, int32_t index, char *buffer, uint32_t size);
HOST("variable") int32_t host_variable(const char *name, char *buffer, uint32_t size);
HOST("cwd") int32_t host_cwd(char *buffer, uint32_t size);
HOST("uname") int32_t host_uname(int32_t field, char *buffer, uint32_t size);
HOST("isatty") int32_t host_isatty(int32_t fd);
HOST("window") int32_t host_window(int32_t fd);
HOST("random") int32_t host_random(void *buffer, uint32_t size);
HOST("clock") double host_clock(int32_t which);
HOST("sleep") int32_t host_sleep(int32_t milliseconds);

HOST("pipe") int32_t host_pipe(int32_t *ret_fds, int32_t sockets);
HOST("spawn")
int32_t host_spawn(const char *words, uint32_t size, const int32_t *fds, uint32_t fd_count,
		   int32_t flags);
HOST("started") int32_t host_started(void);
HOST("exec") int32_t host_exec(const char *words, uint32_t size);
HOST("pidfd") int32_t host_pidfd(int32_t pid);
HOST("poll") int32_t host_poll(const int32_t *fds, uint32_t count, int32_t timeout_ms);
HOST("wait") int32_t host_wait(int32_t pid);
HOST("kill") int32_t host_kill(int32_t pid, int32_t signal);
HOST("signal") int32_t host_signal(int32_t pid, uint64_t inode, int32_t signal);
HOST("let_go")
int32_t host_let_go(const char *state, int32_t pid, uint64_t inode, uint32_t timeout_ms,
		    void *ret_report);
HOST("exit") void host_exit(int32_t status);
HOST("failing") int32_t host_failing(int32_t status);
HOST("forward") int32_t host_forward(int32_t pid);
HOST("suspend") int32_t host_suspend(int32_t pid);

#endif
