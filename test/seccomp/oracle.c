/*
 * The reference of the seccomp tests: reads a profile as lines, builds it with libseccomp and
 * writes the BPF program. It only calls the public API of libseccomp, and does with it what
 * runtimes do.
 *
 *   default ACTION            once, first
 *   arch NAME                 libseccomp's lower-case name; an architecture that is already there
 * is no error optimize LEVEL rule ACTION NAME N (ARG OP A B)*N write
 *
 * Numbers may be decimal or 0x…. Several profiles may follow each other: each ends with "write",
 * which prints the program's length in bytes and the number of rules libseccomp refused as one
 * line, then its bytes. "resolve ARCH NAME" prints the number of a syscall.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void die(const char *what, long line, int error)
{
	fprintf(stderr, "oracle: line %ld: %s: %s\n", line, what, strerror(error));
	exit(1);
}

static enum scmp_compare operator_of(const char *name, long line)
{
	static const struct {
		const char *name;
		enum scmp_compare op;
	} operators[] = {
	    {"NE", SCMP_CMP_NE},
	    {"LT", SCMP_CMP_LT},
	    {"LE", SCMP_CMP_LE},
	    {"EQ", SCMP_CMP_EQ},
	    {"GE", SCMP_CMP_GE},
	    {"GT", SCMP_CMP_GT},
	    {"MASKED_EQ", SCMP_CMP_MASKED_EQ},
	};
	for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
		if (strcmp(name, operators[i].name) == 0)
			return operators[i].op;
	die("operator", line, EINVAL);
	return SCMP_CMP_EQ;
}

/* Returns 1 if libseccomp refused the rule, else 0; names it does not know are ignored, as in
 * runtimes. */
static int add_rule(scmp_filter_ctx ctx, char **save, long line)
{
	uint32_t action = (uint32_t)strtoul(strtok_r(NULL, " ", save), NULL, 0);
	char *name = strtok_r(NULL, " ", save);
	unsigned count = (unsigned)strtoul(strtok_r(NULL, " ", save), NULL, 0);
	struct scmp_arg_cmp args[6];
	int number = seccomp_syscall_resolve_name(name);
	if (number == __NR_SCMP_ERROR || count > 6)
		return 0;
	for (unsigned i = 0; i < count; i++) {
		args[i].arg = (unsigned)strtoul(strtok_r(NULL, " ", save), NULL, 0);
		args[i].op = operator_of(strtok_r(NULL, " ", save), line);
		args[i].datum_a = strtoull(strtok_r(NULL, " ", save), NULL, 0);
		args[i].datum_b = strtoull(strtok_r(NULL, " ", save), NULL, 0);
	}
	int rc = seccomp_rule_add_array(ctx, action, number, count, args);
	if (rc < 0)
		fprintf(stderr, "oracle: line %ld: rule %s: %s\n", line, name, strerror(-rc));
	return rc < 0;
}

static void write_program(scmp_filter_ctx ctx, int refused, long line)
{
	int fd = memfd_create("bpf", MFD_CLOEXEC);
	int rc = seccomp_export_bpf(ctx, fd);
	if (rc < 0)
		die("export", line, -rc);
	off_t size = lseek(fd, 0, SEEK_END);
	void *bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED)
		die("mmap", line, errno);
	printf("%ld %d\n", (long)size, refused);
	fwrite(bytes, 1, (size_t)size, stdout);
	munmap(bytes, (size_t)size);
	close(fd);
	seccomp_release(ctx);
}

int main(void)
{
	char *text = NULL;
	size_t room = 0;
	long line = 0;
	int refused = 0;
	scmp_filter_ctx ctx = NULL;
	while (getline(&text, &room, stdin) >= 0) {
		char *save = NULL;
		line++;
		text[strcspn(text, "\n")] = 0;
		char *word = strtok_r(text, " ", &save);
		if (!word)
			continue;
		if (strcmp(word, "default") == 0) {
			ctx = seccomp_init((uint32_t)strtoul(strtok_r(NULL, " ", &save), NULL, 0));
			if (!ctx)
				die("init", line, EINVAL);
		} else if (strcmp(word, "arch") == 0) {
			int rc = seccomp_arch_add(
			    ctx, seccomp_arch_resolve_name(strtok_r(NULL, " ", &save)));
			if (rc < 0 && rc != -EEXIST)
				die("arch", line, -rc);
		} else if (strcmp(word, "optimize") == 0) {
			seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE,
					 (uint32_t)strtoul(strtok_r(NULL, " ", &save), NULL, 0));
		} else if (strcmp(word, "resolve") == 0) {
			uint32_t arch = seccomp_arch_resolve_name(strtok_r(NULL, " ", &save));
			printf("%d\n",
			       seccomp_syscall_resolve_name_arch(arch, strtok_r(NULL, " ", &save)));
		} else if (strcmp(word, "rule") == 0) {
			refused += add_rule(ctx, &save, line);
		} else if (strcmp(word, "write") == 0) {
			write_program(ctx, refused, line);
			ctx = NULL;
			refused = 0;
		}
	}
	return 0;
}
