/* A network namespace that is made while the plan comes. It takes longest of what a clone makes. */
#include "launch.h"
#include "../peers/unix-socket.h"
#include <linux/sched.h>
#include <linux/sockios.h>

/* The network namespace of this process, by a socket: procfs may be anybody's, or not be there. The
 * descriptor or -errno. */
static int netns_own(void)
{
	int sock = unix_socket(SOCK_DGRAM_);
	long fd = sock < 0 ? sock : SYS3(ioctl, sock, SIOCGSKNS, 0);

	(void)sys_close(sock);
	return (int)fd;
}

int netns_ahead(struct launch *l)
{
	int home = l->args.netns ? netns_own() : -1;
	long err = 0;

	/* Who may not ask, or may make none, gets the error of the clone. */
	if (home >= 0 && SYS1(unshare, CLONE_NEWNET) == 0) {
		l->netns_fd = netns_own();
		err = SYS2(setns, home, CLONE_NEWNET);
	}
	(void)sys_close(home);
	return (int)err;
}
