// Names and words of errnos, as in Node (libuv): errors of both fronts read alike.

const words: readonly (readonly [number, string, string])[] = [
  [1, "EPERM", "operation not permitted"],
  [2, "ENOENT", "no such file or directory"],
  [3, "ESRCH", "no such process"],
  [4, "EINTR", "interrupted system call"],
  [5, "EIO", "i/o error"],
  [6, "ENXIO", "no such device or address"],
  [7, "E2BIG", "argument list too long"],
  [8, "ENOEXEC", "exec format error"],
  [9, "EBADF", "bad file descriptor"],
  [10, "ECHILD", "no child processes"],
  [11, "EAGAIN", "resource temporarily unavailable"],
  [12, "ENOMEM", "not enough memory"],
  [13, "EACCES", "permission denied"],
  [14, "EFAULT", "bad address in system call argument"],
  [16, "EBUSY", "resource busy or locked"],
  [17, "EEXIST", "file already exists"],
  [18, "EXDEV", "cross-device link not permitted"],
  [19, "ENODEV", "no such device"],
  [20, "ENOTDIR", "not a directory"],
  [21, "EISDIR", "illegal operation on a directory"],
  [22, "EINVAL", "invalid argument"],
  [23, "ENFILE", "file table overflow"],
  [24, "EMFILE", "too many open files"],
  [25, "ENOTTY", "inappropriate ioctl for device"],
  [26, "ETXTBSY", "text file is busy"],
  [27, "EFBIG", "file too large"],
  [28, "ENOSPC", "no space left on device"],
  [29, "ESPIPE", "invalid seek"],
  [30, "EROFS", "read-only file system"],
  [31, "EMLINK", "too many links"],
  [32, "EPIPE", "broken pipe"],
  [34, "ERANGE", "result too large"],
  [36, "ENAMETOOLONG", "name too long"],
  [38, "ENOSYS", "function not implemented"],
  [39, "ENOTEMPTY", "directory not empty"],
  [40, "ELOOP", "too many symbolic links encountered"],
  [75, "EOVERFLOW", "value too large for defined data type"],
  [84, "EILSEQ", "illegal byte sequence"],
  [91, "EPROTOTYPE", "protocol wrong type for socket"],
  [95, "ENOTSUP", "operation not supported on socket"],
  [104, "ECONNRESET", "connection reset by peer"],
  [110, "ETIMEDOUT", "timed out"],
  [111, "ECONNREFUSED", "connection refused"],
  [122, "EDQUOT", "disk quota exceeded"],
];

const byNumber: ReadonlyMap<number, readonly [string, string]> = new Map(
  words.map(([number, name, text]) => [number, [name, text]]),
);

/** The name of a negative errno. */
export function errnoName(result: number): string {
  return byNumber.get(-result)?.[0] ?? `errno ${-result}`;
}

/** A failed call of the host, as Node tells it. */
export class HostError extends Error {
  readonly code: string;
  readonly syscall: string;

  constructor(code: string, text: string, syscall: string, path: unknown) {
    const at = typeof path === "string" ? ` '${path}'` : "";
    super(`${code}: ${text}, ${syscall}${at}`);
    this.code = code;
    this.syscall = syscall;
  }

  /** Of a negative errno. */
  static of(result: number, syscall: string, path?: unknown): HostError {
    // A path with a NUL is not even tried, by Node neither.
    if (result === -22 && typeof path === "string" && path.includes("\0"))
      return new HostError("ERR_INVALID_ARG_VALUE", "a path has a NUL", syscall, path);
    const [name, text] = byNumber.get(-result) ?? [`errno ${-result}`, "unknown error"];
    return new HostError(name, text, syscall, path);
  }
}

/** Gives a result that is no errno. */
export function checked<T>(result: T | number, syscall: string, path?: unknown): T {
  if (typeof result !== "number") return result;
  throw HostError.of(result, syscall, path);
}

/** Gives a number that is no errno. */
export function checkedNumber(result: number, syscall: string, path?: unknown): number {
  if (result >= 0) return result;
  throw HostError.of(result, syscall, path);
}
