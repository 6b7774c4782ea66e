/* The entry: what the container gives the module, and the stack that the module runs on. */
#define START_RELOCATES
#include "sys/start.h"
#include "wasi.h"

#define MAP_NORESERVE 0x4000
#define MAP_STACK 0x20000

struct caller caller;

void stack_enter(void (*function)(void), uintptr_t top);

#if defined(__x86_64__)
__asm__(".text\n"
	".globl stack_enter\n"
	".hidden stack_enter\n"
	"stack_enter:\n"
	"	xorl %ebp, %ebp\n"
	"	movq %rsi, %rsp\n"
	"	callq *%rdi\n"
	"	ud2\n");
#elif defined(__aarch64__)
__asm__(".text\n"
	".globl stack_enter\n"
	".hidden stack_enter\n"
	"stack_enter:\n"
	"	mov x29, xzr\n"
	"	mov x30, xzr\n"
	"	mov sp, x1\n"
	"	blr x0\n"
	"	brk #0\n");
#endif

static uint64_t number_of(const char *word)
{
	uint64_t value = 0;

	for (; word != NULL && *word >= '0' && *word <= '9'; word++)
		value = value * 10 + (uint64_t)(*word - '0');
	return value;
}

static uint32_t count_of(char **words)
{
	uint32_t count = 0;

	while (words[count] != NULL)
		count++;
	return count;
}

static void add_streams(void)
{
	const uint64_t any = RIGHT(SET_FLAGS) | RIGHT(STAT) | RIGHT(POLL) | RIGHT(SYNC) |
			     RIGHT(DATASYNC) | RIGHT(READ) | RIGHT(WRITE);
	const uint64_t files = RIGHT(SEEK) | RIGHT(TELL) | RIGHT(ADVISE) | RIGHT(ALLOCATE) |
			       RIGHT(SET_SIZE) | RIGHT(SET_TIMES);
	const uint64_t sockets = RIGHT(SHUTDOWN) | RIGHT(ACCEPT);

	for (int fd = 0; fd < 3; fd++) {
		uint8_t type = type_of(fd);
		bool is_socket = type == TYPE_STREAM || type == TYPE_DATAGRAM;

		if (type == TYPE_DIRECTORY)
			fail("a standard stream is a directory");
		descriptors[fd] = (struct descriptor){
		    .fd = fd,
		    .type = type,
		    .inherited = true,
		    .rights = any | (type == TYPE_REGULAR ? files : 0) | (is_socket ? sockets : 0)};
	}
}

/* Opens a directory that the container has, as a descriptor of the module. */
static void add_preopen(const char *path, const char *name)
{
	struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
			       .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
	long fd = sys_openat2(AT_FDCWD, path, &how);

	if (fd < 0)
		fail("a directory of the module cannot be opened");
	if (require_no_kernel((int)fd) < 0)
		fail("a directory of the module is on a file system of the kernel");
	if (descriptor_add((struct descriptor){.fd = (int)fd,
					       .type = TYPE_DIRECTORY,
					       .preopen = name,
					       .rights = ~UINT64_C(0),
					       .inheriting = ~UINT64_C(0)},
			   UINT32_MAX) != WASI_OK)
		fail("too many directories");
}

/*
 * The words before the module's own are the most pages of its memory and the number of its
 * directories. Two words follow for each directory: where it is, and what the module calls it.
 */
static char **take_settings(char **words, uint32_t count)
{
	uint64_t dirs;

	if (count < 3)
		fail("started without settings");
	caller.max_pages = number_of(words[1]);
	dirs = number_of(words[2]);
	words += 3;
	if (dirs > (count - 3) / 2)
		fail("started with too few words");
	for (; dirs > 0; dirs--, words += 2)
		add_preopen(words[0], words[1]);
	return words;
}

/* A module that returns has done what it wanted. */
static void run(void)
{
	guest_run();
	sys_exit(0);
}

void start_main(long argc, char **argv, char **envp)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK;
	long lowest, stack;

	for (uint32_t at = 0; at < DESCRIPTORS; at++)
		descriptors[at].fd = -1;
	add_streams();
	caller.args = take_settings(argv, (uint32_t)argc);
	caller.arg_count = count_of(caller.args);
	caller.env = envp;
	caller.env_count = count_of(envp);
	memory_begin();
	lowest = sys_mmap(guest_guard_size + guest_stack_size, 0, flags, -1);
	stack = lowest + (long)guest_guard_size;
	if (lowest < 0 || SYS3(mprotect, stack, guest_stack_size, PROT_READ | PROT_WRITE) != 0)
		fail("there is no memory for a stack");
	trap_begin((uintptr_t)lowest, (uintptr_t)stack);
	stack_enter(run, (uintptr_t)stack + guest_stack_size);
	__builtin_unreachable();
}
