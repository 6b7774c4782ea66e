import type { SeccompArg, SeccompProfile, SeccompSyscall } from "./profile.ts";

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Calls an ordinary program may make, whatever their arguments. */
const allowed: readonly string[] = [
  // Files and directories.
  `access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
   fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr
   flistxattr flock fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64
   futimesat getcwd getdents getdents64 getxattr getxattrat inotify_add_watch inotify_init inotify_init1
   inotify_rm_watch lchown lchown32 lgetxattr link linkat listxattr listxattrat llistxattr lremovexattr lseek _llseek
   lsetxattr lstat lstat64 mkdir mkdirat mknod mknodat newfstatat oldfstat oldlstat oldstat open openat openat2
   name_to_handle_at readahead readdir readlink readlinkat removexattr removexattrat rename renameat renameat2 rmdir
   setxattr setxattrat stat stat64 statfs statfs64 statmount listmount statx symlink symlinkat sync sync_file_range
   sync_file_range2 arm_sync_file_range arm_fadvise64_64 syncfs truncate truncate64 umask unlink unlinkat utime utimes
   utimensat utimensat_time64 cachestat file_getattr file_setattr`,
  // Reading, writing and waiting.
  `read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 pipe pipe2 sendfile sendfile64 splice tee
   vmsplice poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64 epoll_create epoll_create1 epoll_ctl
   epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4
   io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64`,
  // Memory.
  `brk mmap mmap2 munmap mprotect mremap madvise process_madvise msync mincore mlock mlock2 mlockall munlock munlockall
   mseal membarrier memfd_create memfd_secret pkey_alloc pkey_free pkey_mprotect remap_file_pages get_mempolicy
   map_shadow_stack shmat shmctl shmdt shmget semctl semget semop semtimedop semtimedop_time64 msgctl msgget msgrcv
   msgsnd mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64
   mq_unlink`,
  // Processes, threads and their rights over themselves.
  `execve execveat exit exit_group fork vfork wait4 waitid waitpid kill tkill tgkill pidfd_open pidfd_send_signal
   pidfd_getfd getpid getppid gettid getpgid getpgrp setpgid getsid setsid getuid getuid32 geteuid geteuid32 getgid
   getgid32 getegid getegid32 getresuid getresuid32 getresgid getresgid32 getgroups getgroups32 setuid setuid32 setgid
   setgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32 setfsuid setfsuid32
   setfsgid setfsgid32 setgroups setgroups32 capget capset prctl arch_prctl modify_ldt set_thread_area get_thread_area
   set_tid_address set_tls get_tls rseq getrlimit ugetrlimit setrlimit prlimit64 getrusage times uname getrandom sysinfo
   getcpu ptrace process_vm_readv process_vm_writev kcmp seccomp process_mrelease breakpoint cacheflush
   riscv_flush_icache riscv_hwprobe landlock_add_rule landlock_create_ruleset landlock_restrict_self
   lsm_get_self_attr lsm_list_modules nice getpriority setpriority ioprio_get ioprio_set sched_get_priority_max
   sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval
   sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield`,
  // Locks, signals, timers and clocks (reading them).
  `futex futex_time64 futex_wait futex_wake futex_requeue futex_waitv set_robust_list get_robust_list pause
   restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
   rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaction sigaltstack signal sigpending sigprocmask sigreturn sigsuspend
   alarm getitimer setitimer timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime
   timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 clock_getres
   clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 nanosleep gettimeofday time`,
  // Sockets that exist; making one is below.
  `accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64 recvmsg
   send sendmmsg sendmsg sendto setsockopt shutdown`,
].flatMap(words);

/** Calls that exist, are refused and say so: EPERM keeps programs from believing that the kernel lacks them. */
const refused: readonly string[] = words(`
  acct add_key bpf chroot clock_adjtime clock_adjtime64 clock_settime clock_settime64 delete_module fanotify_init
  fanotify_mark finit_module fsconfig fsmount fsopen fspick get_kernel_syms init_module io_uring_enter io_uring_register
  io_uring_setup ioperm iopl kexec_file_load kexec_load keyctl lookup_dcookie lsm_set_self_attr mbind migrate_pages mount
  mount_setattr move_mount move_pages open_by_handle_at open_tree open_tree_attr perf_event_open pivot_root query_module
  quotactl quotactl_fd reboot request_key set_mempolicy set_mempolicy_home_node setdomainname sethostname setns
  settimeofday stime swapoff swapon syslog umount umount2 userfaultfd vhangup vm86 vm86old adjtimex`);

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;
const LOW = 0xffffffff;
const SCMP_ACT_ERRNO = "SCMP_ACT_ERRNO";

/** The kernel reads these arguments as 32-bit numbers: what stands in the high half must not matter. */
const is = (index: number, value: number): SeccompArg => ({
  index,
  op: "SCMP_CMP_MASKED_EQ",
  value: LOW,
  valueTwo: value,
});
const without = (index: number, bits: number): SeccompArg => ({
  index,
  op: "SCMP_CMP_MASKED_EQ",
  value: bits,
  valueTwo: 0,
});
/** Always holds, and is asked after every equality on the same argument. */
const otherwise = (index: number): SeccompArg => ({ index, op: "SCMP_CMP_GE", value: 0 });

const allow = (names: readonly string[], ...args: readonly SeccompArg[]): SeccompSyscall => ({
  names,
  action: "SCMP_ACT_ALLOW",
  ...(args.length > 0 ? { args } : {}),
});
const deny = (names: readonly string[], errnoRet: number, ...args: readonly SeccompArg[]): SeccompSyscall => ({
  names,
  action: SCMP_ACT_ERRNO,
  errnoRet,
  ...(args.length > 0 ? { args } : {}),
});

/** CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}; NEWTIME lies in clone's signal number and only means itself to unshare. */
const newNamespaces = 0x7e020000;
const CLONE_NEWTIME = 0x80;
/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK. */
const families = [1, 2, 10, 16] as const;
/** TIOCSTI and TIOCLINUX put characters into a terminal as if typed. */
const typingIoctls = [0x5412, 0x541c] as const;
/** PER_LINUX, PER_LINUX32, each also with UNAME26, and the question what is set. */
const personalities = [0, 0x8, 0x20000, 0x20008, LOW] as const;

const guarded: readonly SeccompSyscall[] = [
  allow(["clone"], without(0, newNamespaces)),
  deny(["clone"], EPERM, otherwise(0)),
  // Its flags lie behind a pointer: programs fall back to clone.
  deny(["clone3"], ENOSYS),
  allow(["unshare"], without(0, newNamespaces + CLONE_NEWTIME)),
  deny(["unshare"], EPERM, otherwise(0)),
  ...families.flatMap((family) => allow(["socket", "socketpair"], is(0, family))),
  deny(["socket", "socketpair"], EAFNOSUPPORT, otherwise(0)),
  ...typingIoctls.map((request) => deny(["ioctl"], EPERM, is(1, request))),
  allow(["ioctl"], otherwise(1)),
  ...personalities.map((persona) => allow(["personality"], is(0, persona))),
  deny(["personality"], EPERM, otherwise(0)),
];

const architectures: ReadonlyMap<string, readonly string[]> = new Map([
  ["x86_64", ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]],
  ["aarch64", ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]],
  ["riscv64", ["SCMP_ARCH_RISCV64"]],
]);

/**
 * Coffer's own profile, for `coffer sandbox` and the API: what an ordinary program without capabilities needs.
 *
 * Known calls that are refused answer EPERM, calls the profile does not know ENOSYS. x32 calls kill the thread. 32-bit
 * x86 programs that make sockets through socketcall get EAFNOSUPPORT: the family cannot be seen there.
 */
export function defaultSeccompProfile(hostArch: string): SeccompProfile {
  return {
    defaultAction: SCMP_ACT_ERRNO,
    defaultErrnoRet: ENOSYS,
    architectures: architectures.get(hostArch) ?? [],
    syscalls: [allow(allowed), deny(refused, EPERM), ...guarded],
  };
}
