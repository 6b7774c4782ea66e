/* HOME of a process whose environment has none: the image's passwd(5), which may hold anything. */
#include "../sys/path.h"
#include "../sys/str.h"
#include "ops.h"

#define IN_ROOT (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
#define PASSWD "etc/passwd"
#define PASSWD_MAX (1UL << 20) /* what comes after is not read */
#define HOME "HOME="
#define HOME_SIZE (sizeof(HOME) - 1)

/* name:password:uid:gid:comment:directory:shell */
#define FIELD_UID 2
#define FIELD_DIRECTORY 5

/* One line while it is read. */
struct line {
	unsigned field, digits;
	int bad;
	uint64_t uid;
	size_t size; /* of the directory */
};

/* Zero at first: init has no data that begins as anything else. */
static char home[HOME_SIZE + 4096];

/* Takes the next byte of a line; a line that is none of passwd(5) is bad as a whole. */
static void line_take(struct line *line, uint64_t uid, char byte)
{
	if (byte == ':') {
		line->field++;
	} else if (byte == 0) {
		line->bad = 1;
	} else if (line->field == FIELD_UID) {
		line->bad |= byte < '0' || byte > '9' || line->digits == 10;
		line->digits++;
		line->uid = line->uid * 10 + (uint64_t)(byte - '0');
	} else if (line->field == FIELD_DIRECTORY && line->uid == uid) {
		if (HOME_SIZE + line->size + 1 < sizeof(home))
			home[HOME_SIZE + line->size++] = byte;
		else
			line->bad = 1;
	}
}

/* Whether the line that has ended is the user's, and names a directory, or an empty one: HOME is
 * empty then, as with runc and crun. */
static int line_is(const struct line *line, uint64_t uid)
{
	return !line->bad && line->digits && line->uid == uid && line->field >= FIELD_DIRECTORY;
}

/* Completes `home` if the line is the user's. 1 or 0. */
static int line_end(const struct line *line, uint64_t uid)
{
	if (!line_is(line, uid))
		return 0;
	(void)memcpy(home, HOME, HOME_SIZE);
	home[HOME_SIZE + line->size] = 0;
	return 1;
}

/* Finds the first line of the user. 1 where `home` is set, else 0. */
static int scan(int fd, uint64_t uid)
{
	struct line line = {0};
	char buf[4096];
	long n = 1;

	for (size_t left = PASSWD_MAX; n > 0 && left; left -= (size_t)n) {
		n = sys_read(fd, buf, left < sizeof(buf) ? left : sizeof(buf));
		if (n < 0)
			return 0;
		for (long i = 0; i < n; i++) {
			if (buf[i] != '\n') {
				line_take(&line, uid, buf[i]);
				continue;
			}
			if (line_end(&line, uid))
				return 1;
			line = (struct line){0};
		}
	}
	return n == 0 && line_end(&line, uid);
}

/* Opens what must be a regular file, before and after it is opened. A descriptor, or -errno. */
static int open_regular(int root, uint64_t flags)
{
	int fd = path_open(root, PASSWD, flags, IN_ROOT);
	int type = fd < 0 ? fd : path_type(fd);

	if (type == S_IFREG)
		return fd;
	if (fd >= 0)
		(void)sys_close(fd);
	return type < 0 ? type : -ENOENT;
}

/* Whatever is wrong with the file, the process gets the default: nobody is kept from starting. */
int op_find_home(struct run *run, const struct plan_op *op)
{
	int root = op_fd(run, op, OP_FIND_HOME_SLOT_ROOT);
	int fd = open_regular(root, O_PATH);

	run->home = plan_string(&run->plan, op, OP_FIND_HOME_DATA_OTHERWISE);
	if (fd < 0)
		return 0;
	(void)sys_close(fd);
	fd = open_regular(root, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return 0;
	if (scan(fd, op->nums[OP_FIND_HOME_NUM_UID]))
		run->home = home;
	(void)sys_close(fd);
	return 0;
}
