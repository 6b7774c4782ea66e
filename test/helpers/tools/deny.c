/* `deny CALL[,CALL…] [ERRNO] -- COMMAND…`: runs a command for which kernel calls fail. */
#include "tools.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct call {
	const char *name;
	unsigned int number;
};

static const struct call calls[] = {
    {"accept4", SYS_accept4},
    {"bpf", SYS_bpf},
    {"capset", SYS_capset},
    {"clone3", SYS_clone3},
    {"close_range", SYS_close_range},
    {"execveat", SYS_execveat},
    {"recvfrom", SYS_recvfrom},
    {"faccessat2", SYS_faccessat2},
    {"fchdir", SYS_fchdir},
    {"fsconfig", SYS_fsconfig},
    {"fsmount", SYS_fsmount},
    {"fsopen", SYS_fsopen},
    {"fstatfs", SYS_fstatfs},
    {"keyctl", SYS_keyctl},
    {"lsm_get_self_attr", 459},
    {"lsm_set_self_attr", 460},
    {"memfd_create", SYS_memfd_create},
    {"mkdirat", SYS_mkdirat},
    {"mknodat", SYS_mknodat},
    {"mount", SYS_mount},
    {"mount_setattr", SYS_mount_setattr},
    {"move_mount", SYS_move_mount},
    {"open_tree", SYS_open_tree},
    {"openat2", 437},
    {"pidfd_open", SYS_pidfd_open},
    {"pidfd_send_signal", SYS_pidfd_send_signal},
    {"pivot_root", SYS_pivot_root},
    {"landlock_create_ruleset", SYS_landlock_create_ruleset},
    {"landlock_add_rule", SYS_landlock_add_rule},
    {"landlock_restrict_self", SYS_landlock_restrict_self},
    {"prlimit64", SYS_prlimit64},
    {"seccomp", SYS_seccomp},
    {"sethostname", SYS_sethostname},
    {"setns", SYS_setns},
    {"setgroups", SYS_setgroups},
    {"setresuid", SYS_setresuid},
    {"statx", SYS_statx},
    {"statmount", 457},
    {"listmount", 458},
    {"umount2", SYS_umount2},
    {"unshare", SYS_unshare},
    {"waitid", SYS_waitid},
};

static long call_number(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	}
	return -1;
}

static int load(struct sock_filter *code, unsigned short length)
{
	struct sock_fprog program = {length, code};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
		return 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

int tool_deny(char **argv)
{
	struct sock_filter code[132] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
	unsigned short n = 1;
	int error = ENOSYS;
	char *save = NULL;

	if (!argv[0] || !argv[1])
		return 64;
	if (strcmp(argv[1], "--") != 0)
		error = atoi(argv[1]);
	for (char *word = strtok_r(argv[0], ",", &save); word && n < 129;
	     word = strtok_r(NULL, ",", &save)) {
		long number = call_number(word);

		if (number < 0) {
			(void)fprintf(stderr, "deny: %s is not in the table\n", word);
			return 64;
		}
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							 (unsigned int)number, 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							 SECCOMP_RET_ERRNO | (unsigned int)error);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (load(code, n) < 0) {
		perror("deny: seccomp");
		return 125;
	}
	for (argv++; *argv && strcmp(*argv, "--") != 0; argv++)
		;
	if (!*argv || !argv[1])
		return 64;
	(void)execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
