/*
 * What an attacked satellite may say to the launcher: frames of any kind, of any size, with
 * descriptors or without, and then its end. Whatever comes, the launcher's wait ends, and the only
 * descriptor that stays open is the one that is kept.
 */
#include "peers/satellite.c"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const char satellite_image[1], satellite_image_end[1];
struct launch launch;

/* The rest of the launcher, as far as this file calls it. */
int program_file(const char *name, const char *image, const char *end, int hidden)
{
	(void)name;
	(void)image;
	(void)end;
	(void)hidden;
	return -ENOSYS;
}

void launch_told(const char *text)
{
	assert(strlen(text) <= ANSWER_BYTES);
}

int wait_readable(struct launch *l, int a, int b, int timeout_ms)
{
	(void)l;
	(void)b;
	assert(timeout_ms >= -1);
	return a >= 0 ? 1 : -EBADF;
}

int op_close(struct run *run, const struct plan_op *op)
{
	(void)run;
	(void)op;
	return 0;
}

int process_ends(int pidfd, int pty, int timeout_ms)
{
	(void)pty;
	(void)timeout_ms;
	return pidfd >= 0;
}

void process_kill(int pidfd)
{
	(void)pidfd;
}

static int note(struct run *run, uint64_t pid)
{
	return pid % 7 ? 0 : op_fault(run, FAULT_SATELLITE, EPROTO, pid);
}

/* One packet: a head, which is mostly one of ours, and bytes after it. How many bytes it took. */
static size_t send_packet(int sock, const uint8_t *data, size_t size)
{
	static uint8_t packet[ANSWER_BYTES * 2];
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {0};
	struct msg msg = {.magic = data[0] % 16 ? MSG_MAGIC : data[0],
			  .kind = data[1] % 12,
			  .value = data[2],
			  .fault = {.code = data[3] % 24,
				    .error = (int32_t)((uint32_t)data[4] << 24 | data[5]),
				    .op = data[6] % 3 ? data[6] % 3 + requests - 1 : 0}};
	size_t rest = data[7] % 8 == 7 ? sizeof(packet) - sizeof(msg) : data[7] * 2u;
	size_t head = data[0] == 255 ? data[1] % sizeof(msg) : sizeof(msg);
	int fds[2] = {2, 2};

	memcpy(packet, &msg, sizeof(msg));
	for (size_t i = 0; i < rest; i++)
		packet[sizeof(msg) + i] = data[8 + i % (size - 8)];
	struct iovec iov = {packet, head + (head == sizeof(msg) ? rest : 0)};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *part = (struct cmsghdr *)control;

	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN((1 + data[2] % 2) * sizeof(int));
	memcpy(CMSG_DATA(part), fds, sizeof(fds));
	if (data[3] & 0x40) {
		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE((1 + data[2] % 2) * sizeof(int));
	}
	(void)sendmsg(sock, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	return 8;
}

/* How many descriptors are open: as many before as after. */
static int open_count(void)
{
	int count = 0;

	for (int fd = 0; fd < 64; fd++)
		count += lseek(fd, 0, SEEK_CUR) >= 0 || errno != EBADF;
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char answer[ANSWER_BYTES];
	static const struct plan_op op;
	struct run run = {0};
	uint32_t answer_size = 0;
	int pair[2], before = open_count();

	if (size < 2 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		return 0;
	struct asked asked = {.process = -1, .fd = -1, .timeout_ms = data[0] & 1 ? 1000 : 0};

	if (data[0] & 2) {
		asked.answer = answer;
		asked.ret_answer_size = &answer_size;
	}
	if (data[0] & 4)
		asked.note = note;
	requests = 7;
	for (size_t at = 1; at + 8 < size; at += send_packet(pair[1], data + at, size - at))
		;
	(void)close(pair[1]);
	int err = satellite_ask(&run, &op, pair[0], &asked);

	assert(err <= 0 && answer_size <= sizeof(answer));
	assert(err == 0 || err == -EPROTO || err == -run.fault.error);
	if (asked.fd >= 0)
		(void)close(asked.fd);
	(void)close(pair[0]);
	assert(open_count() == before);
	return 0;
}
