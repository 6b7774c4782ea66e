/* Moving interfaces of the host into the container's network namespace, by rtnetlink. */
#include "../sys/str.h"
#include "satellite.h"
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/sockios.h>

#define AF_NETLINK_ 16
#define SOCK_RAW_ 3
#define MSG_DONTWAIT_ 0x40
#define IFF_UP_ 1U
#define NAME_SIZE 16 /* IFNAMSIZ */
#define ADDRESS_BYTES 4096

/* A request to the kernel. */
struct question {
	struct nlmsghdr head;
	char body[256];
};

/* What reads an answer, message by message. */
typedef void reader(void *arg, const struct nlmsghdr *msg);

/* Descriptors, once it is confined: two sockets, and the namespaces that they are of. */
#define INSIDE_NAMESPACE 1
#define OUTSIDE 2
#define OUTSIDE_NAMESPACE 3
#define INSIDE 4

/* An interface, as it was on the host: what the launcher keeps, to have it brought back. */
struct device {
	uint32_t index;
	int up, full, moved;
	char name[NAME_SIZE];
	size_t used;
	char addresses[ADDRESS_BYTES]; /* requests that give it its addresses again */
};

_Static_assert(sizeof(struct device) <= ANSWER_BYTES, "it goes with an answer");

static const void *body_of(const struct nlmsghdr *msg)
{
	return (const char *)msg + NLMSG_HDRLEN;
}

/* The first attribute of a type behind the fixed part of a message, or NULL. */
static const struct rtattr *attribute(const struct nlmsghdr *msg, size_t fixed, uint16_t type)
{
	size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(fixed);

	while (at + sizeof(struct rtattr) <= msg->nlmsg_len) {
		const struct rtattr *attr = (const void *)((const char *)msg + at);

		if (attr->rta_len < sizeof(*attr) || attr->rta_len > msg->nlmsg_len - at)
			break;
		if ((attr->rta_type & NLA_TYPE_MASK) == type)
			return attr;
		at += RTA_ALIGN(attr->rta_len);
	}
	return NULL;
}

static uint32_t number_of(const struct rtattr *attr)
{
	uint32_t value = 0;

	if (attr->rta_len >= RTA_LENGTH(sizeof(value)))
		(void)memcpy(&value, (const char *)attr + RTA_LENGTH(0), sizeof(value));
	return value;
}

static void begin(struct question *r, uint16_t type, uint16_t flags, const void *fixed, size_t size)
{
	(void)memset(r, 0, sizeof(*r));
	r->head.nlmsg_type = type;
	r->head.nlmsg_flags = NLM_F_REQUEST | flags;
	r->head.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	(void)memcpy(r->body, fixed, size);
}

static void add(struct question *r, uint16_t type, const void *data, size_t size)
{
	struct rtattr attr = {.rta_type = type, .rta_len = (uint16_t)RTA_LENGTH(size)};
	char *at = (char *)r + NLMSG_ALIGN(r->head.nlmsg_len);

	(void)memcpy(at, &attr, sizeof(attr));
	(void)memcpy(at + RTA_LENGTH(0), data, size);
	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + RTA_ALIGN(attr.rta_len);
}

/* Reads the answers of one recv(2). 1 when there are more to come, 0 or -errno at the end. */
static long read_answers(const char *buf, size_t n, uint32_t seq, reader *read, void *arg)
{
	for (size_t at = 0; at + sizeof(struct nlmsghdr) <= n;) {
		const struct nlmsghdr *msg = (const void *)(buf + at);

		if (msg->nlmsg_len < sizeof(*msg) || msg->nlmsg_len > n - at)
			return -EPROTO;
		/* What has another number tells of changes: it is for the reader as well. */
		if (msg->nlmsg_seq == seq && msg->nlmsg_type == NLMSG_DONE)
			return msg->nlmsg_len < NLMSG_LENGTH(sizeof(int))
				   ? 0
				   : *(const int *)body_of(msg); /* a list that broke off */
		if (msg->nlmsg_seq == seq && msg->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)body_of(msg))->error;
		if (read)
			read(arg, msg);
		at += NLMSG_ALIGN(msg->nlmsg_len);
	}
	return 1;
}

/* The kernel answers while it takes the request, so nothing has to be waited for. 0 or -errno. */
static long ask(int sock, struct nlmsghdr *question, reader *read, void *arg)
{
	static char buf[32768] __attribute__((aligned(8)));
	static uint32_t seq;
	long n;

	/* News of all interfaces has come since, and may have taken the room of an answer
	 * (ENOBUFS). */
	do {
		n = SYS6(recvfrom, sock, buf, sizeof(buf), MSG_DONTWAIT_, 0, 0);
	} while (n > 0 || n == -ENOBUFS);
	question->nlmsg_seq = ++seq;
	n = SYS6(sendto, sock, question, question->nlmsg_len, 0, 0, 0);
	if (n < 0)
		return n;
	do {
		n = SYS6(recvfrom, sock, buf, sizeof(buf), MSG_DONTWAIT_, 0, 0);
		n = n == -EINTR ? 1
		    : n < 0	? n
				: read_answers(buf, (size_t)n, question->nlmsg_seq, read, arg);
	} while (n > 0);
	return n;
}

/* A socket that also hears of links, which is how the kernel tells where one went. */
static int open_socket(void)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK_, .nl_groups = RTMGRP_LINK};
	int sock = (int)SYS3(socket, AF_NETLINK_, SOCK_RAW_ | O_CLOEXEC, NETLINK_ROUTE);
	long err = sock < 0 ? sock : SYS3(bind, sock, &address, sizeof(address));

	if (err < 0)
		(void)sys_close(sock);
	return err < 0 ? (int)err : sock;
}

/* Whether two descriptors are of one namespace, where a move would only rename. 1, 0 or -errno. */
static int same_namespace(int a, int b)
{
	struct statx at[2];
	int err = (int)sys_statx(a, "", AT_EMPTY_PATH, STATX_INO, &at[0]);

	if (err == 0)
		err = (int)sys_statx(b, "", AT_EMPTY_PATH, STATX_INO, &at[1]);
	return err < 0 ? err : at[0].stx_ino == at[1].stx_ino;
}

/* The descriptor that it was given, and those that follow, in the order of the names above. */
long prepare_network(void)
{
	long err = open_socket();

	if (err >= 0)
		err = sys_ioctl(OUTSIDE, SIOCGSKNS, NULL);
	if (err >= 0)
		err = SYS2(setns, FD_WORK, CLONE_NEWNET);
	if (err >= 0)
		err = open_socket();
	if (err >= 0)
		err = SYS2(setns, OUTSIDE_NAMESPACE, CLONE_NEWNET);
	if (err >= 0)
		err = sys_ioctl(INSIDE, SIOCGSKNS, NULL);
	if (err >= 0)
		err = sys_dup3((int)err, INSIDE_NAMESPACE, 0);
	if (err >= 0)
		err = sys_close(INSIDE + 1);
	if (err >= 0)
		err = same_namespace(INSIDE_NAMESPACE, OUTSIDE_NAMESPACE);
	return err > 0 ? -EXDEV : err;
}

static void read_link(void *arg, const struct nlmsghdr *msg)
{
	struct device *device = arg;
	const struct ifinfomsg *link = body_of(msg);

	if (msg->nlmsg_seq == 0 || msg->nlmsg_type != RTM_NEWLINK)
		return;
	device->index = (uint32_t)link->ifi_index;
	device->up = (link->ifi_flags & IFF_UP_) != 0;
}

/* Looks an interface up by its name, or without one by its index. 0 or -errno. */
static long find_device(int sock, const char *name, uint32_t index, struct device *ret)
{
	const struct ifinfomsg wanted = {.ifi_index = name ? 0 : (int)index};
	struct question r;

	begin(&r, RTM_GETLINK, NLM_F_ACK, &wanted, sizeof(wanted));
	if (name)
		add(&r, IFLA_IFNAME, name, strlen(name) + 1);
	return ask(sock, &r.head, read_link, ret);
}

/*
 * Keeps an address as the request that sets it again. Left out are the label, which has the old
 * name, and the lifetime, which has no end for a permanent address.
 */
static void read_address(void *arg, const struct nlmsghdr *msg)
{
	static const uint16_t kept[] = {IFA_LOCAL, IFA_ADDRESS,	    IFA_BROADCAST, IFA_ANYCAST,
					IFA_FLAGS, IFA_RT_PRIORITY, IFA_PROTO};
	struct device *device = arg;
	const struct ifaddrmsg *address = body_of(msg);
	struct question r;

	if (msg->nlmsg_type != RTM_NEWADDR || address->ifa_index != device->index ||
	    !(address->ifa_flags & IFA_F_PERMANENT) || address->ifa_scope != RT_SCOPE_UNIVERSE)
		return;
	begin(&r, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, address, sizeof(*address));
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		const struct rtattr *attr = attribute(msg, sizeof(*address), kept[i]);

		if (attr && attr->rta_len <= RTA_LENGTH(16))
			add(&r, kept[i], (const char *)attr + RTA_LENGTH(0),
			    attr->rta_len - RTA_LENGTH(0));
	}
	if (r.head.nlmsg_len > sizeof(device->addresses) - device->used) {
		device->full = 1;
		return;
	}
	(void)memcpy(device->addresses + device->used, &r, r.head.nlmsg_len);
	device->used += NLMSG_ALIGN(r.head.nlmsg_len);
}

static long find_addresses(struct device *device)
{
	const struct ifaddrmsg any = {0};
	struct question r;

	begin(&r, RTM_GETADDR, NLM_F_DUMP, &any, sizeof(any));
	long err = ask(OUTSIDE, &r.head, read_address, device);

	return err == 0 && device->full ? -E2BIG : err;
}

/* Where an interface went: the kernel tells those who watch the namespace that it left. */
struct departure {
	uint32_t index, went;
};

static void read_departure(void *arg, const struct nlmsghdr *msg)
{
	struct departure *departure = arg;
	const struct ifinfomsg *link = body_of(msg);

	if (msg->nlmsg_type != RTM_DELLINK || (uint32_t)link->ifi_index != departure->index)
		return;
	const struct rtattr *attr = attribute(msg, sizeof(*link), IFLA_NEW_IFINDEX);

	if (attr)
		departure->went = number_of(attr);
}

/*
 * Moves an interface and renames it, where a name may be a pattern with %d. The kernel takes it
 * down and its addresses away, and may fail with the name when the interface has gone already:
 * *ret_gone tells.
 */
static long pass(int from, int to_namespace, uint32_t *index, const char *name, int *ret_gone)
{
	struct ifinfomsg link = {.ifi_index = (int)*index};
	struct departure departure = {.index = *index};
	struct question r;

	*ret_gone = 0;
	begin(&r, RTM_NEWLINK, NLM_F_ACK, &link, sizeof(link));
	add(&r, IFLA_NET_NS_FD, &to_namespace, sizeof(to_namespace));
	add(&r, IFLA_IFNAME, name, strlen(name) + 1);
	long err = ask(from, &r.head, read_departure, &departure);

	if (departure.went) {
		*index = departure.went;
		*ret_gone = 1;
	}
	return err == 0 && !departure.went ? -EPROTO : err;
}

/* Gives an interface its addresses again, and takes it up. 0 or -errno. */
static long settle(int sock, struct device *device, int up)
{
	struct ifinfomsg link = {
	    .ifi_index = (int)device->index, .ifi_flags = IFF_UP_, .ifi_change = IFF_UP_};
	struct question r;
	long err = 0;

	for (size_t at = 0; err == 0 && at < device->used; at += NLMSG_ALIGN(r.head.nlmsg_len)) {
		(void)memcpy(&r.head, device->addresses + at, sizeof(r.head));
		(void)memcpy(&r, device->addresses + at, r.head.nlmsg_len);
		(void)memcpy(r.body + offsetof(struct ifaddrmsg, ifa_index), &device->index,
			     sizeof(device->index));
		err = ask(sock, &r.head, NULL, NULL);
	}
	if (err < 0 || !up)
		return err;
	begin(&r, RTM_NEWLINK, NLM_F_ACK, &link, sizeof(link));
	return ask(sock, &r.head, NULL, NULL);
}

/* What the interface is on the host, for the launcher to keep. */
static long look(const char *name, struct device *ret)
{
	*ret = (struct device){0};
	(void)memcpy(ret->name, name, strlen(name) + 1);
	long err = find_device(OUTSIDE, name, 0, ret);

	return err == 0 ? find_addresses(ret) : err;
}

static long move(struct device *device, const char *name)
{
	long err = pass(OUTSIDE, INSIDE_NAMESPACE, &device->index, name, &device->moved);

	return err == 0 ? settle(INSIDE, device, 1) : err;
}

/*
 * Brings an interface back, with its name, its addresses and its state. A satellite that was killed
 * may have moved it, or not: then it is looked for.
 */
static long bring_back(struct device *device, const char *name)
{
	struct device found;
	int gone;
	long err = 0;

	if (!device->moved) {
		if (find_device(OUTSIDE, device->name, 0, &found) == 0 &&
		    found.index == device->index)
			return 0;
		err = find_device(INSIDE, name, device->index, &found);
		device->index = found.index;
	}
	if (err == 0)
		err = pass(INSIDE, OUTSIDE_NAMESPACE, &device->index, device->name, &gone);
	return err == 0 ? settle(OUTSIDE, device, device->up) : err;
}

/* Whether the kernel makes the name of a pattern. */
static int is_pattern(const char *name)
{
	while (*name && *name != '%')
		name++;
	return *name != 0;
}

int op_move_netdev(struct run *run, const struct plan_op *op)
{
	static struct device device;
	const char *name = plan_string(&run->plan, op, OP_MOVE_NETDEV_DATA_NAME);
	const char *new_name = plan_string(&run->plan, op, OP_MOVE_NETDEV_DATA_NEW_NAME);
	uint32_t size = 0;
	const void *kept = plan_bytes(&run->plan, op, REQUEST_MORE, &size);
	long err = -EPROTO;

	if (!new_name)
		new_name = name;
	if (strlen(name) >= NAME_SIZE || strlen(new_name) >= NAME_SIZE)
		return -ENAMETOOLONG;
	if (kept && size == sizeof(device))
		(void)memcpy(&device, kept, size);
	if (request->step == NETDEV_LOOK)
		err = look(name, &device);
	else if (size == sizeof(device) && request->step == NETDEV_MOVE)
		err = move(&device, new_name);
	else if (size == sizeof(device))
		err = bring_back(&device, is_pattern(new_name) ? NULL : new_name);
	reply_with(&device, sizeof(device));
	return (int)err;
}
