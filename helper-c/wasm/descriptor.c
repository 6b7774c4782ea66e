/* The table of the module's descriptors, and what is known of each. */
#include "wasi.h"
#include <asm/statfs.h>
#include <linux/magic.h>

struct descriptor descriptors[DESCRIPTORS];

/* What no directory has, what nothing else has, and what sockets alone have. */
#define OF_FILES                                                                  \
	(RIGHT(READ) | RIGHT(WRITE) | RIGHT(SEEK) | RIGHT(TELL) | RIGHT(ADVISE) | \
	 RIGHT(ALLOCATE) | RIGHT(SET_SIZE))
#define OF_DIRECTORIES                                                                            \
	(RIGHT(CREATE_DIRECTORY) | RIGHT(CREATE_FILE) | RIGHT(LINK_SOURCE) | RIGHT(LINK_TARGET) | \
	 RIGHT(OPEN) | RIGHT(READDIR) | RIGHT(READLINK) | RIGHT(RENAME_SOURCE) |                  \
	 RIGHT(RENAME_TARGET) | RIGHT(PATH_STAT) | RIGHT(PATH_SET_SIZE) | RIGHT(PATH_SET_TIMES) | \
	 RIGHT(SYMLINK) | RIGHT(REMOVE_DIRECTORY) | RIGHT(UNLINK_FILE))
#define OF_SOCKETS (RIGHT(SHUTDOWN) | RIGHT(ACCEPT))

static uint8_t type_of_mode(unsigned mode)
{
	switch (mode & S_IFMT) {
	case 0060000:
		return TYPE_BLOCK;
	case 0020000:
		return TYPE_CHARACTER;
	case 0040000:
		return TYPE_DIRECTORY;
	case 0100000:
		return TYPE_REGULAR;
	case 0140000:
		return TYPE_STREAM;
	case 0120000:
		return TYPE_LINK;
	default:
		return TYPE_UNKNOWN;
	}
}

uint8_t type_of(int fd)
{
	struct statx st;

	if (sys_statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) < 0)
		return TYPE_UNKNOWN;
	return type_of_mode(st.stx_mode);
}

/* File systems of the kernel. What linux/magic.h does not have is from the kernel's sources. */
static const uint32_t kernel_magics[] = {
    PROC_SUPER_MAGIC,	SYSFS_MAGIC,	     DEBUGFS_MAGIC,	   TRACEFS_MAGIC,
    SECURITYFS_MAGIC,	SELINUX_MAGIC,	     SMACK_MAGIC,	   AAFS_MAGIC,
    CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, RDTGROUP_SUPER_MAGIC, BPF_FS_MAGIC,
    BINFMTFS_MAGIC,	PSTOREFS_MAGIC,	     EFIVARFS_MAGIC,	   NSFS_MAGIC,
    XENFS_SUPER_MAGIC,	0x62656570, /* configfs */
    0x65735543,			    /* fusectl */
};

long require_no_kernel(int fd)
{
	struct statfs fs;
	long err = SYS2(fstatfs, fd, &fs);

	for (unsigned n = 0; err == 0 && n < sizeof(kernel_magics) / sizeof(*kernel_magics); n++)
		if ((uint32_t)fs.f_type == kernel_magics[n])
			err = -EPERM;
	if (err == 0)
		return fd;
	(void)sys_close(fd);
	return err;
}

uint32_t descriptor_get(uint32_t fd, uint64_t rights, struct descriptor **ret)
{
	struct descriptor *one = fd < DESCRIPTORS ? &descriptors[fd] : NULL;

	if (one == NULL || one->fd < 0)
		return WASI_BADF;
	if (one->type == TYPE_DIRECTORY && (rights & OF_FILES))
		return WASI_BADF;
	if (one->type != TYPE_DIRECTORY && (rights & OF_DIRECTORIES))
		return WASI_NOTDIR;
	/* What was opened for the other direction: as read(2) and write(2) say. */
	if (rights & ~one->rights & (RIGHT(READ) | RIGHT(WRITE)))
		return WASI_BADF;
	if ((rights & OF_SOCKETS) && one->type != TYPE_STREAM && one->type != TYPE_DATAGRAM)
		return WASI_NOTSOCK;
	if (rights & ~one->rights)
		return one->type == TYPE_REGULAR || one->type == TYPE_DIRECTORY ? WASI_NOTCAPABLE
										: 70;
	*ret = one;
	return WASI_OK;
}

uint32_t descriptor_add(struct descriptor one, uint32_t at)
{
	uint64_t excluded = one.type == TYPE_DIRECTORY ? OF_FILES : OF_DIRECTORIES;
	uint32_t free = 0;

	one.rights &= ~excluded;
	if (one.type != TYPE_REGULAR && one.type != TYPE_BLOCK)
		one.rights &= ~(RIGHT(SEEK) | RIGHT(TELL));
	while (free < DESCRIPTORS && descriptors[free].fd >= 0)
		free++;
	if (free == DESCRIPTORS || (at != UINT32_MAX && put32(at, free) != WASI_OK)) {
		(void)sys_close(one.fd);
		return free == DESCRIPTORS ? WASI_MFILE : WASI_FAULT;
	}
	descriptors[free] = one;
	return WASI_OK;
}

static uint64_t nanoseconds(struct statx_timestamp at)
{
	return (uint64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

uint32_t put_filestat(uint32_t at, int fd)
{
	struct statx st;
	long err = sys_statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st);
	uint64_t *place = span(at, 64);

	if (err < 0)
		return to_errno(err);
	if (place == NULL)
		return WASI_FAULT;
	const uint64_t values[8] = {(uint64_t)st.stx_dev_major << 32 | st.stx_dev_minor,
				    st.stx_ino,
				    type_of_mode(st.stx_mode),
				    st.stx_nlink,
				    st.stx_size,
				    nanoseconds(st.stx_atime),
				    nanoseconds(st.stx_mtime),
				    nanoseconds(st.stx_ctime)};
	__builtin_memcpy(place, values, sizeof(values));
	return WASI_OK;
}

#define UTIME_NOW 0x3fffffff
#define UTIME_OMIT 0x3ffffffe

static struct __kernel_timespec time_of(uint64_t at, bool set, bool now)
{
	if (now)
		return (struct __kernel_timespec){0, UTIME_NOW};
	if (!set)
		return (struct __kernel_timespec){0, UTIME_OMIT};
	return (struct __kernel_timespec){(long long)(at / 1000000000),
					  (long long)(at % 1000000000)};
}

/* fstflags: 1 and 4 the given times, 2 and 8 the present. */
uint32_t take_times(uint64_t access, uint64_t change, uint32_t flags,
		    struct __kernel_timespec times[2])
{
	if ((flags & 3) == 3 || (flags & 12) == 12 || flags > 15)
		return WASI_INVAL;
	times[0] = time_of(access, flags & 1, flags & 2);
	times[1] = time_of(change, flags & 4, flags & 8);
	return WASI_OK;
}

uint32_t take_vectors(uint32_t at, uint32_t count, const struct vector **ret, uint32_t *ret_count)
{
	static struct vector vectors[VECTORS];
	const struct {
		uint32_t at, size;
	} *given = span(at, (uint64_t)count * 8);

	if (given == NULL)
		return WASI_FAULT;
	if (count > VECTORS)
		count = VECTORS;
	for (uint32_t n = 0; n < count; n++) {
		uint32_t place, size;

		__builtin_memcpy(&place, &given[n].at, sizeof(place));
		__builtin_memcpy(&size, &given[n].size, sizeof(size));
		vectors[n] = (struct vector){span(place, size), size};
		if (vectors[n].base == NULL)
			return WASI_FAULT;
	}
	*ret = vectors;
	*ret_count = count;
	return WASI_OK;
}

uint32_t moved(long answer, uint32_t at)
{
	return answer < 0 ? to_errno(answer) : put32(at, (uint32_t)answer);
}
