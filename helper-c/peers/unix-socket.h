#ifndef COFFER_UNIX_SOCKET_H
#define COFFER_UNIX_SOCKET_H

#define SOCK_STREAM_ 1
#define SOCK_DGRAM_ 2
#define SOCK_SEQPACKET_ 5

/* A unix socket whose connect(2) is bounded in time. A descriptor or -errno. */
int unix_socket(int type);

/* Calls bind or connect (`call`, by number) on a name in a directory, so that the path of a
 * directory may be longer than 107 bytes. 0 or -errno. */
long in_directory(long call, int sock, int dir, const char *name);

/* Connects to a path of the host beneath `at`, or to an abstract name, which begins with `@`. 0 or
 * -errno. */
long connect_path(int sock, int at, const char *path);

#endif
