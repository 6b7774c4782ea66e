/* The launcher: host side only. It enters the container's namespaces by the last ops of a plan of
 * kind host alone (op_dial, op_change_mount). */
#ifndef COFFER_LAUNCH_H
#define COFFER_LAUNCH_H

#include "../host/report.h"
#include "../sys/run.h"

#define MAX_INPUTS 256 /* as many as a plan may have */
#define TOLD_BYTES 448 /* a whole number of report records */
#define LOCK_MS_MAX 86400000
#define LOCK_SILENT (~0ULL) /* the caller has the lock: nothing is waited for, or said */
#define INIT_MS 30000	    /* unless the caller says otherwise */
#define INIT_MS_MAX 86400000
#define LOG_BYTES_MIN (1 << 16)
#define LOG_BYTES_MAX (1 << 30)

struct input {
	const char *name;
	const char *path; /* or NULL: */
	int fd;
};

/* What the caller names, in the order of `struct args`; the last is no option. */
#define NAMED_FDS 7

struct args {
	union {
		struct {
			int plan_fd, report_fd, trace_fd, lock_fd;
			int word_fd;   /* where the caller says to go on (word_await) */
			int window_fd; /* where the caller tells the sizes of the terminal */
			/* the caller's /proc/PID/status, of a launcher that stays and its copies */
			int caller_status;
		};
		int fds[NAMED_FDS]; /* -1: none */
	};
	int caller_fds;	   /* the directory of procfs that has the caller's descriptors, -1: none */
	int is_served;	   /* asked of a launcher that stays (serve.c): then fd:N is a number of the
			      caller's */
	uint64_t lock_ms;  /* how long the lock is waited for */
	uint64_t init_ms;  /* how long init may say nothing, beside what its ops may take */
	uint64_t die_with; /* the parent whose end ends the launch and the container; 0: none */
	uint64_t background; /* not 0: the caller's terminal is another job's, until SIGCONT */
	uint64_t suspend;    /* not 0: ^Z stops the container, which has a first process of ours */
	uint64_t log_bytes;  /* not 0: what the program writes is kept, in so much (peers/log.c) */
	uint64_t netns;	     /* not 0: the plan is likely to want a network namespace (netns.c) */
	unsigned input_count;
	struct input inputs[MAX_INPUTS]; /* last: memory that is not touched takes none */
};

struct launch {
	struct run run;
	uint64_t began;
	int signal_fd;	   /* -1 while signals still end us as they are */
	int patience_ms;   /* how long a message of init is waited for; -1: without limit */
	int is_root;	   /* of its user namespace: not dumpable */
	int pidfd;	   /* init's, -1 before the clone and after it was reaped */
	int netns_fd;	   /* the network namespace of the next init, or -1: its clone makes one */
	int is_watchful;   /* what another process says by init's socket is not believed */
	int executing_fd;  /* ends when the child that shares our memory has executed init, or -1 */
	uint32_t clone_op; /* the op that made init */
	int log_fd;	   /* the satellite that keeps the output, or -1 */
	int former_pidfd; /* of who made the process that was adopted, until it was reaped, or -1 */
	uint32_t pid;
	uint64_t start_time, inode;
	uint32_t exit_status;			       /* of the container, as in a report record */
	uint64_t user_micros, system_micros, peak_kib; /* what it has used */
	int waited;
	uint32_t late_op;   /* the `wait` whose process has no status yet, or OP_NONE */
	uint64_t killed_at; /* when the container was killed as our parent had ended; 0: not */
	uint32_t told_size;
	char told[TOLD_BYTES]; /* what somebody else had to say about a failure */
	struct args args;
};

extern struct launch launch;

/* Reads the command line of `launch` on top of what is set. 0, or -EINVAL with *reterr_word at the
 * word that is wrong. */
int args_read(struct args *ret, char **argv, const char **reterr_word);

/* Reads a word that is a number up to max and no more. 0 or -EINVAL. */
int args_number(const char *word, uint64_t max, uint64_t *ret);

/* Opens what is missing of the standard descriptors: the next open would get its number. 0 or
 * -errno. */
int args_fill_stdio(void);

/* Moves every given descriptor to 16 or above (a standard one stays for one input), closes the
 * rest, and holds the numbers 3 to 5 for init's. 0 or -errno. */
int args_settle(struct args *args);

/* Copies the plan into a sealed memfd (or takes a sealed one) at FD_PLAN and verifies it. 0 or
 * -errno with a fault. */
int plan_take(struct launch *l);

/* A sealed memfd of a plan that is in memory. The descriptor or -errno. */
int plan_keep(const char *bytes, size_t size);

/* Makes a network namespace ahead of the plan, where the caller asks for that. 0, also where none
 * can be made, or -errno: this process did not come back from it. */
int netns_ahead(struct launch *l);

/* Starts what keeps the output of the program, where the caller asks for that: the standard streams
 * are pipes then. 0 or -errno. */
int log_begin(struct launch *l);

/* Tells it whose output it keeps. 0, or -errno with a fault: it has failed. */
int log_hand_over(struct run *run);

/* Whether the op may be carried out before the caller's word: nobody else can notice it. */
int word_is_early(const struct plan_op *op);

/* Waits for the caller's word, once. 0 or -errno. */
int word_await(struct launch *l);

/* Carries out the launch that the arguments describe, and ends this process. */
__attribute__((noreturn)) void launch_run(struct launch *l);

/* Takes requests of the caller, with that pid, from one socket, and sends it sockets over the
 * other, until the caller ends. */
__attribute__((noreturn)) void serve(int requests, int channel, uint64_t caller);

/*
 * Makes the sealed memfd of a program that is carried here. The descriptor or -errno. `hidden`: the
 * mode is 0111. A process that may not read the program is not dumpable from execve(2) on. Its
 * memory belongs to the nearest user namespace outside that maps the file's owner (would_dump() of
 * the kernel).
 */
int program_file(const char *name, const char *image, const char *end, int hidden);

/* Waits until a child that shares our memory has executed init. 0 or -errno with a fault of the
 * clone. */
int clone_settle(struct run *run);

/* Init has said something: it was executed. */
void clone_settled(void);

/* Why nothing came from init: err, or -errno with a fault of the clone where init was not executed.
 * Does not wait. */
int clone_failed(struct run *run, int err);

/* Reaps the process that made the one that was adopted. */
void former_reap(void);

/* Gives every input slot of the plan its descriptor. 0 or -errno with a fault. */
int inputs_bind(struct launch *l);

/* Writes all of it, piece by piece. A caller that does not read keeps us for half a minute at most.
 */
void launch_write(int fd, const void *from, size_t size);

/* Writes one report record: as a whole, unless nobody takes it. */
void report_write(struct launch *l, uint32_t state);

/* Notes what somebody else said, for the report of a failure. What is too long is cut; who speaks
 * later is not heard. */
void launch_told(const char *text);

/* What the kernel sends us at the end of our parent (--die-with): a signal that nobody passes on.
 */
#define SIGNAL_PARENT_ENDED 64

/* The machine's own procfs for a caller who may not mount one. The descriptor, or -errno. */
int ambient_procfs(void);

/* A file of procfs about a process (caller.c). The descriptor or -errno. */
int caller_open(uint64_t pid, const char *file, uint64_t flags);

/* Who asks a launcher that stays: notes the rights of the process that started it. 0 or
 * -errno, where they are not this process's own any more. */
int caller_begin(int sock, uint64_t pid);

/* Reads of one writer. What read(2) says, or -EPERM when the writer is not the caller as it was. */
long caller_read(int sock, void *to, size_t size);

/* 0 while the caller has the rights that it had at the start, or -errno. */
int caller_check(void);

/* Reads all of a small file beneath dir into buf, NUL-terminated. Its size or -errno. */
long file_read(int dir, const char *path, char *buf, size_t size);

/* Writes a value to an existing file beneath dir in one write(2). 0 or -errno. */
int file_write(int dir, const char *path, const char *value);

/* The start time of a process, in clock ticks since boot, from a procfs handle. 0 or -errno. */
int process_start_time(int proc, uint32_t pid, uint64_t *ret);

/* Whether the op's slot is init's pidfd, as ops that work with init's number want. 0 or -errno with
 * a fault. */
int init_check(struct run *run, const struct plan_op *op, int slot);

/* Waits until one of two descriptors (-1: none) is readable. Which (1, 2), or -errno: -EINTR for a
 * signal that asks us to end, where nothing is readable, and -ETIMEDOUT (never where timeout_ms is
 * below 0). */
int wait_readable(struct launch *l, int a, int b, int timeout_ms);

/* Waits until something may be written to a descriptor. 0 or -errno, as wait_readable(). */
int wait_writable(int fd, int timeout_ms);

/* Notes how long init may take for a message: the launcher's patience, and the time that ops of
 * init may take by the plan. */
void wait_prepare(struct launch *l);

/* Where the status of the process of `wait` did not come: looks once more. 0 or -errno with a
 * fault. */
int wait_again(struct launch *l);

/* True when a process ends within that time, and before a signal or input from its terminal (-1:
 * none) is there to be read. */
int process_ends(int pidfd, int pty, int timeout_ms);

/* Waits until a descriptor is readable. 0 or -errno. */
long wait_input(int fd);

/* Receives one message from init; a fault that init reports becomes ours. Size, 0 at end-of-file,
 * or -errno. */
long init_receive(struct launch *l, struct msg *ret, int *ret_fd);

/* Ends init (if any) and removes what the launch made. */
void launch_undo(struct launch *l);

enum undo_kind { UNDO_FILE, UNDO_CGROUP, UNDO_MARK };

/* Notes what is about to be made in a directory, or the attribute that it is about to get: it is
 * removed when the launch fails. 0 or -errno. */
int undo_note(int dir, const char *name, enum undo_kind kind);

/* Takes the last note back: it was not made. */
void undo_forget(void);

/* Makes the calls of a message bus that undo what others have made. */
void bus_undo(struct launch *l);

/* Removes one cgroup beneath dir and what is below it, waiting up to timeout_ms while it is busy. 0
 * or -errno. */
int cgroup_remove(int dir, const char *path, uint64_t timeout_ms);

/* `adopt` and `take-slot` in a plan of kind restore: the process that CRIU made, the descriptor
 * that it notified of. */
op_function criu_adopt, criu_take;

/* Ends CRIU and the process that it made. */
void criu_undo(void);

/* How long a process that has been killed, or that was seen to end, is waited for. */
#define END_MS 10000

/* How long a process that has hung up may take to end by itself. */
#define HANG_UP_MS 100

struct rusage;

/* The status, as in a report, of a process that has ended, and what it has used (NULL: not wanted).
 * -ETIMEDOUT when the kernel does not report it in that time, as a tracer holds it, or -errno. */
long process_status(int pidfd, int timeout_ms, struct rusage *ret_usage);

/* Waits for the end of a process and reaps it, where the kernel lets us. The report's status, or
 * -errno: -EAGAIN when it has ended and is traced. */
long process_reap(int pidfd, int timeout_ms);

/* Kills a process (-1: none) and reaps it. One that hangs in the kernel is left: it ends when it
 * comes back. */
void process_kill(int pidfd);

/* A pidfd of a process that must be a child of ours, or -errno: -ECHILD when it is not. Not reaped,
 * it keeps its number. */
int child_open(uint64_t pid);

op_function op_enter_dir, op_make_node_host, op_expect_initramfs, op_open_namespace,
    op_open_process, op_open_procfs, op_open_exec, op_make_userns, op_open_userns;
op_function op_dial, op_change_mount, op_connect_socket, op_open_cgroup, op_make_cgroup,
    op_write_cgroup, op_set_device_filter;
op_function op_kill_cgroup, op_remove_cgroup, op_join_cgroup, op_clone, op_set_time_offsets,
    op_signal;
op_function op_await_end, op_make_gate, op_hold, op_start_container, op_take_slot, op_write_idmap,
    op_spawn_idmap;
op_function op_set_oom_score, op_set_rlimit, op_record_process, op_release, op_adopt, op_report;
op_function op_close_launch, op_await_exec, op_confine, op_wait, op_sync_launch, op_spawn_launch;
op_function op_set_scheduler, op_set_io_priority, op_set_affinity, op_reopen_stream;
op_function op_mark_cgroup, op_expect_mark;
op_function op_write_first, op_own_cgroup, op_freeze_cgroup, op_move_netdev;
op_function op_bind_notify, op_relay_notify;
op_function op_connect_bus, op_call_bus, op_expect_cgroup;
op_function op_start_supervisor, op_supervise, op_watch, op_start_network;
op_function op_mount_point_host, op_pass_fd, op_start_criu, op_ask_criu, op_expect_root;

/* Less than a second. */
void sleep_ms(unsigned ms);

#endif
