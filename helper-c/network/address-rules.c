/* Rules about addresses, as policies of XFRM (xfrm(8)). */
#include "address-rules.h"
#include "../sys/inet.h"
#include "../sys/str.h"
#include <linux/netlink.h>
#include <linux/xfrm.h>

#define AF_NETLINK_ 16
#define SOCK_RAW_ 3
#define RULE_BYTES 8
#define ANSWER_ROOM 512

struct request {
	struct nlmsghdr head;
	struct xfrm_userpolicy_info policy;
};

struct answer {
	struct nlmsghdr head;
	int32_t error;
	char rest[ANSWER_ROOM];
};

static void describe(struct request *request, const uint8_t *rule, uint32_t number)
{
	struct xfrm_userpolicy_info *policy = &request->policy;
	struct xfrm_selector *what = &policy->sel;

	(void)memset(request, 0, sizeof(*request));
	request->head.nlmsg_len = sizeof(*request);
	request->head.nlmsg_type = XFRM_MSG_NEWPOLICY;
	request->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	request->head.nlmsg_seq = number;
	(void)memcpy(&what->daddr, rule, 4);
	(void)memcpy(&what->dport, rule + 4, 2);
	what->dport_mask = what->dport ? 0xffff : 0;
	what->prefixlen_d = rule[6];
	what->family = AF_INET_;
	policy->lft = (struct xfrm_lifetime_cfg){
	    .soft_byte_limit = XFRM_INF,
	    .hard_byte_limit = XFRM_INF,
	    .soft_packet_limit = XFRM_INF,
	    .hard_packet_limit = XFRM_INF,
	};
	policy->priority = number;
	policy->dir = XFRM_POLICY_OUT;
	policy->action = rule[7] ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW;
}

/* The kernel answers while it takes the request. 0 or -errno. */
static long ask(int sock, const struct request *request)
{
	struct answer answer;
	long n = SYS6(sendto, sock, request, sizeof(*request), 0, 0, 0);

	if (n >= 0)
		n = SYS6(recvfrom, sock, &answer, sizeof(answer), 0, 0, 0);
	if (n < 0)
		return n;
	if ((size_t)n < sizeof(answer) - ANSWER_ROOM || answer.head.nlmsg_type != NLMSG_ERROR ||
	    answer.head.nlmsg_seq != request->head.nlmsg_seq)
		return -EPROTO;
	return answer.error;
}

long address_rules_set(const uint8_t *rules, uint32_t size)
{
	int sock = (int)SYS3(socket, AF_NETLINK_, SOCK_RAW_ | O_CLOEXEC, NETLINK_XFRM);
	long err = sock < 0 ? sock : 0;
	struct request request;

	for (uint32_t at = 0; err == 0 && at + RULE_BYTES <= size; at += RULE_BYTES) {
		describe(&request, rules + at, at / RULE_BYTES + 1);
		err = ask(sock, &request);
	}
	if (sock >= 0)
		(void)sys_close(sock);
	return err;
}
