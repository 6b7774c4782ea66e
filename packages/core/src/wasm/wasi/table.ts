// The functions of WASI preview 1: their types, and the system calls that helper-c/wasm makes for each. No imports: the
// seccomp filter of a module, docs/wasm.md and the tests are made from this table.

/** A function that a module may import. */
export interface WasiFunction {
  /** Parameters and results, `i` for i32 and `I` for i64, such as `iI:i`. */
  readonly type: string;
  /** What the kernel is asked. */
  readonly calls: string;
}

/** What looking up a path, judging its file system, and letting go of the directory that was found, asks. */
const place = "openat2 fstatfs close";

/** https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md */
export const wasiTable = {
  args_get: { type: "ii:i", calls: "" },
  args_sizes_get: { type: "ii:i", calls: "" },
  clock_res_get: { type: "ii:i", calls: "clock_getres" },
  clock_time_get: { type: "iIi:i", calls: "clock_gettime" },
  environ_get: { type: "ii:i", calls: "" },
  environ_sizes_get: { type: "ii:i", calls: "" },
  fd_advise: { type: "iIIi:i", calls: "fadvise64" },
  fd_allocate: { type: "iII:i", calls: "fallocate" },
  fd_close: { type: "i:i", calls: "close" },
  fd_datasync: { type: "i:i", calls: "fdatasync" },
  fd_fdstat_get: { type: "ii:i", calls: "" },
  fd_fdstat_set_flags: { type: "ii:i", calls: "fcntl" },
  fd_fdstat_set_rights: { type: "iII:i", calls: "" },
  fd_filestat_get: { type: "ii:i", calls: "statx" },
  fd_filestat_set_size: { type: "iI:i", calls: "ftruncate" },
  fd_filestat_set_times: { type: "iIIi:i", calls: "utimensat" },
  fd_pread: { type: "iiiIi:i", calls: "preadv" },
  fd_prestat_dir_name: { type: "iii:i", calls: "" },
  fd_prestat_get: { type: "ii:i", calls: "" },
  fd_pwrite: { type: "iiiIi:i", calls: "pwritev" },
  fd_read: { type: "iiii:i", calls: "readv" },
  fd_readdir: { type: "iiiIi:i", calls: "lseek getdents64" },
  fd_renumber: { type: "ii:i", calls: "close" },
  fd_seek: { type: "iIii:i", calls: "lseek" },
  fd_sync: { type: "i:i", calls: "fsync" },
  fd_tell: { type: "ii:i", calls: "lseek" },
  fd_write: { type: "iiii:i", calls: "writev" },
  path_create_directory: { type: "iii:i", calls: `${place} mkdirat` },
  path_filestat_get: { type: "iiiii:i", calls: `${place} statx` },
  path_filestat_set_times: { type: "iiiiIIi:i", calls: `${place} utimensat` },
  path_link: { type: "iiiiiii:i", calls: `${place} readlinkat linkat` },
  path_open: { type: "iiiiiIIii:i", calls: `${place} statx` },
  path_readlink: { type: "iiiiii:i", calls: `${place} readlinkat` },
  path_remove_directory: { type: "iii:i", calls: `${place} unlinkat` },
  path_rename: { type: "iiiiii:i", calls: `${place} readlinkat renameat2` },
  path_symlink: { type: "iiiii:i", calls: `${place} symlinkat` },
  path_unlink_file: { type: "iii:i", calls: `${place} unlinkat` },
  poll_oneoff: { type: "iiii:i", calls: "ppoll clock_gettime" },
  proc_exit: { type: "i:", calls: "exit_group" },
  proc_raise: { type: "i:i", calls: "" },
  random_get: { type: "ii:i", calls: "getrandom" },
  sched_yield: { type: ":i", calls: "sched_yield" },
  sock_accept: { type: "iii:i", calls: "accept4 close" },
  sock_recv: { type: "iiiiii:i", calls: "recvmsg" },
  sock_send: { type: "iiiii:i", calls: "sendmsg" },
  sock_shutdown: { type: "ii:i", calls: "shutdown" },
} as const satisfies Readonly<Record<string, WasiFunction>>;

/** The name of a function of preview 1. */
export type WasiName = keyof typeof wasiTable;

/** The module that the functions are imported from. */
export const wasiModule = "wasi_snapshot_preview1";

/** What every module asks: its start, more memory, a trap, the end. */
export const startCalls = "mmap mprotect mremap sigaltstack rt_sigaction statx write exit_group";

/** The same of a module that has directories: they are opened at the start. */
export const directoryCalls = "openat2 fstatfs close";

/** Whether preview 1 has a function of that name. */
export const isWasiName = (name: string): name is WasiName => Object.hasOwn(wasiTable, name);
