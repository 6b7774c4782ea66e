/*
 * What the files of the shim share: the functions of WASI preview 1 for one module that was
 * compiled to machine code. Every pointer of the module is an offset in its linear memory.
 */
#ifndef COFFER_WASI_H
#define COFFER_WASI_H

#include "sys/sys.h"
#include <stdbool.h>

#define WASM_PAGE 65536u
/*
 * Where the linear memory is. A constant makes each access an instruction shorter. It tells
 * nothing: the module knows offsets only. Below 2^39, which every kernel for aarch64 has.
 */
#define WASM_MEMORY UINT64_C(0x2000000000)
/* An offset and an index of 32 bits each, and what one access reads beyond. */
#define WASM_RESERVED ((UINT64_C(2) << 32) + WASM_PAGE)

/* Errno values of preview 1. */
enum wasi_errno {
	WASI_OK = 0,
	WASI_AGAIN = 6,
	WASI_BADF = 8,
	WASI_FAULT = 21,
	WASI_ILSEQ = 25,
	WASI_INVAL = 28,
	WASI_IO = 29,
	WASI_MFILE = 33,
	WASI_NAMETOOLONG = 37,
	WASI_NOENT = 44,
	WASI_NOSYS = 52,
	WASI_NOTDIR = 54,
	WASI_NOTSOCK = 57,
	WASI_NOTSUP = 58,
	WASI_OVERFLOW = 61,
	WASI_PERM = 63,
	WASI_NOTCAPABLE = 76,
};

/* Rights of preview 1: bit n is the n-th of the specification. */
enum wasi_right {
	R_DATASYNC,
	R_READ,
	R_SEEK,
	R_SET_FLAGS,
	R_SYNC,
	R_TELL,
	R_WRITE,
	R_ADVISE,
	R_ALLOCATE,
	R_CREATE_DIRECTORY,
	R_CREATE_FILE,
	R_LINK_SOURCE,
	R_LINK_TARGET,
	R_OPEN,
	R_READDIR,
	R_READLINK,
	R_RENAME_SOURCE,
	R_RENAME_TARGET,
	R_PATH_STAT,
	R_PATH_SET_SIZE,
	R_PATH_SET_TIMES,
	R_STAT,
	R_SET_SIZE,
	R_SET_TIMES,
	R_SYMLINK,
	R_REMOVE_DIRECTORY,
	R_UNLINK_FILE,
	R_POLL,
	R_SHUTDOWN,
	R_ACCEPT,
};
#define RIGHT(name) (UINT64_C(1) << R_##name)

enum wasi_type {
	TYPE_UNKNOWN,
	TYPE_BLOCK,
	TYPE_CHARACTER,
	TYPE_DIRECTORY,
	TYPE_REGULAR,
	TYPE_DATAGRAM,
	TYPE_STREAM,
	TYPE_LINK,
};

/* A descriptor of the module. */
struct descriptor {
	uint64_t rights, inheriting;
	const char *preopen; /* the name of a directory that was open from the start, else NULL */
	int fd;		     /* of the kernel; -1: free */
	uint16_t flags;	     /* fdflags of preview 1 */
	uint8_t type;
	bool inherited; /* the open file is the caller's too */
};

#define DESCRIPTORS 1024
extern struct descriptor descriptors[DESCRIPTORS];

/* What the container was started with. */
struct caller {
	char **args, **env;
	uint32_t arg_count, env_count;
	uint64_t max_pages;
};
extern struct caller caller;

/* The prototypes of the functions are in the translation of each module. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

/* The instance that generated code passes on: the shim has one of each thing. */
struct w2c_wasi__snapshot__preview1;
#define WASI(name) w2c_wasi__snapshot__preview1_##name
#define SELF struct w2c_wasi__snapshot__preview1 *self __attribute__((unused))

/* Bytes of linear memory; NULL when they are not inside. */
void *span(uint32_t at, uint64_t size);
/* Writes a value there: WASI_OK or WASI_FAULT. */
uint32_t put32(uint32_t at, uint32_t value);
uint32_t put64(uint32_t at, uint64_t value);

/* The errno of preview 1 for what the kernel answered: WASI_OK for anything but -errno. */
uint32_t to_errno(long answer);

/* The descriptor that has all of these rights; else an errno. */
uint32_t descriptor_get(uint32_t fd, uint64_t rights, struct descriptor **ret);
/* Gives the kernel's descriptor the lowest free number: an errno, after which it is closed. */
uint32_t descriptor_add(struct descriptor one, uint32_t at);
uint8_t type_of(int fd);
/*
 * The same descriptor, or -errno after it is closed: -EPERM if it leads to a file system through
 * which the kernel shows itself or processes. Such files reach memory: /proc/self/mem is a plain
 * file that writes to pages which nobody may write to.
 */
long require_no_kernel(int fd);

/* iovec of readv(2) and writev(2). */
struct vector {
	void *base;
	size_t size;
};
#define VECTORS 1024
/* The module's vectors as the kernel's: an errno. At most VECTORS are taken. */
uint32_t take_vectors(uint32_t at, uint32_t count, const struct vector **ret, uint32_t *ret_count);
/* Tells how many bytes were moved. */
uint32_t moved(long answer, uint32_t at);

/* Writes the attributes of a file (64 bytes). */
uint32_t put_filestat(uint32_t at, int fd);
/* Two times as utimensat(2) takes them. */
uint32_t take_times(uint64_t access, uint64_t change, uint32_t flags,
		    struct __kernel_timespec times[2]);

void memory_begin(void);
void trap_begin(uintptr_t stack, uintptr_t stack_end);
/* Says what ended the module, and in which function, by its name in C or by an address in it. NULL:
 * in none. The status is 134, as of SIGABRT in a shell. */
_Noreturn void end(const char *what, const char *where);
_Noreturn void trap_at(const char *what, uintptr_t pc);
_Noreturn void fail(const char *what);

/* Generated for each module. */
struct function_name {
	const void *at;
	const char *name;
	const char *exported; /* at is the export of this name, which calls the function */
};
extern const struct function_name function_names[] __attribute__((visibility("hidden")));
extern const uint32_t function_count __attribute__((visibility("hidden")));
extern const uint64_t guest_stack_size __attribute__((visibility("hidden")));
extern const uint64_t guest_guard_size __attribute__((visibility("hidden")));
extern const bool guest_is_checked __attribute__((visibility("hidden")));
void guest_run(void) __attribute__((visibility("hidden")));

#endif
