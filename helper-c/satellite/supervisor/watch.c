/* Tells a watcher of the host which paths and addresses a program asks for. The watcher answers
 * nothing: every call goes on, whatever it gets. */
#include "../../sys/str.h"
#include "supervisor.h"

#define RECORD_SIZE 4096 /* a socket takes so much whole, or not at all */
#define ADDRESS_MAX 128	 /* sockaddr_storage */
#define TOLD 2048	 /* a power of two */
#define NONE (-1)
#define ARGUMENTS 6 /* of a call */
#define MSG_DONTWAIT_ 0x40
#define MSG_NOSIGNAL_ 0x4000

/* A row of the plan's table: which argument of a call is what. */
struct row {
	uint32_t arch, call;
	int8_t at, path, flags;
	uint8_t is_address; /* a socket address and its length, instead of a path */
};
_Static_assert(sizeof(struct row) == 12, "a row has a fixed size");

static const uint8_t *rows;
static uint32_t row_count;

/* What is sent: the directory with its NUL, and the path with its own, or the bytes of an address.
 */
static struct {
	uint16_t size, row; /* size: all of it */
	uint32_t flags;
	char text[RECORD_SIZE - 8];
} record;

/* What was told lately, by its hash: a program asks for the same again and again. */
static uint64_t told[TOLD];

void watch_set(const uint8_t *table, uint32_t size)
{
	rows = table;
	row_count = size / (uint32_t)sizeof(struct row);
}

long place_watcher(int fd)
{
	long err = SYS3(dup3, fd, FD_WATCHER, O_CLOEXEC);

	(void)sys_close(fd);
	return err < 0 ? err : 0;
}

/* Whether each position is one of a call's arguments; an address has its length behind it. */
static int is_row(const struct row *row)
{
	return row->at >= NONE && row->at < ARGUMENTS && row->flags >= NONE &&
	       row->flags < ARGUMENTS && row->path >= 0 &&
	       row->path + (row->is_address != 0) < ARGUMENTS;
}

static uint64_t hash_record(void)
{
	const uint8_t *at = (const uint8_t *)&record;
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */

	for (size_t i = 0; i < record.size; i++)
		hash = (hash ^ at[i]) * 0x100000001b3;
	return hash;
}

/* Reads the path of a call, behind the directory that it counts from. The size of both, or -errno.
 */
static long read_path(const struct seccomp_notif *call, const struct row *row)
{
	static char path[RECORD_SIZE - 8];
	int at = row->at == NONE ? AT_FDCWD : (int)call->data.args[row->at];
	long n = caller_text(call->pid, call->data.args[row->path], path, sizeof(path));
	long dir = 0;

	/* An empty path is about the descriptor, which was asked for before. */
	if (n <= 0)
		return n < 0 ? n : -ENOENT;
	record.text[0] = 0;
	if (path[0] != '/')
		dir = caller_directory(call->pid, at, record.text, sizeof(record.text));
	if (dir < 0 || (size_t)(dir + n + 2) > sizeof(record.text))
		return dir < 0 ? dir : -ENAMETOOLONG;
	(void)memcpy(record.text + dir + 1, path, (size_t)n + 1);
	return dir + n + 2;
}

static long read_address(const struct seccomp_notif *call, const struct row *row)
{
	uint64_t size = call->data.args[row->path + 1];

	if (size > ADDRESS_MAX)
		return -EINVAL;
	record.text[0] = 0;
	long err =
	    caller_bytes(call->pid, call->data.args[row->path], record.text + 1, (size_t)size);

	return err < 0 ? err : (long)size + 1;
}

/* Sends the record, unless that was done lately. A watcher that does not read misses it. */
static void tell_watcher(void)
{
	uint64_t hash = hash_record();
	uint64_t *last = &told[hash & (TOLD - 1)];

	if (*last == hash)
		return;
	long n =
	    SYS6(sendto, FD_WATCHER, &record, record.size, MSG_DONTWAIT_ | MSG_NOSIGNAL_, NULL, 0);

	if (n > 0)
		*last = hash;
}

void watch_call(const struct seccomp_notif *call)
{
	struct row row;

	for (uint32_t i = 0; i < row_count; i++) {
		(void)memcpy(&row, rows + i * sizeof(row), sizeof(row));
		if (row.arch != call->data.arch || row.call != (uint32_t)call->data.nr ||
		    !is_row(&row))
			continue;
		long n = row.is_address ? read_address(call, &row) : read_path(call, &row);

		record.row = (uint16_t)i;
		record.flags = row.flags == NONE ? 0 : (uint32_t)call->data.args[row.flags];
		record.size = (uint16_t)((n < 0 ? 0 : n) + 8);
		/* What was read by the caller's number was its own if it waits still. */
		if (n > 0 && is_waiting(call))
			tell_watcher();
	}
}
