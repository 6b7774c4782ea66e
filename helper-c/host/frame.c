#include "frame.h"

#define MSG_TRUNC_ 0x20
#define MSG_CTRUNC_ 0x8
#define MSG_CMSG_CLOEXEC_ 0x40000000

long frame_receive(int sock, struct msg *ret, void *more, size_t room, int *ret_fd)
{
	struct io_vector iov[2] = {{ret, sizeof(*ret)}, {more, room}};
	struct control_fd control = {.fd = -1};
	struct message_header head = {.iov = iov,
				      .iov_count = 2,
				      .control = &control,
				      .control_size = ret_fd ? CONTROL_USED : 0};
	long n;

	do {
		n = SYS3(recvmsg, sock, &head, MSG_CMSG_CLOEXEC_);
	} while (n == -EINTR);
	/* An empty packet is like the end, and may have a descriptor with it. */
	int fd = n >= 0 && head.control_size ? control.fd : -1;
	int whole = n >= (long)sizeof(*ret) && ret->magic == MSG_MAGIC &&
		    !(head.flags & (MSG_TRUNC_ | MSG_CTRUNC_));

	if (!whole) {
		if (fd >= 0)
			(void)sys_close(fd);
		fd = -1;
		n = n > 0 ? -EPROTO : n;
	}
	if (ret_fd)
		*ret_fd = fd;
	return n;
}
