// The errnos that set-up calls give, with the words of strerror(3): engines match on some of them.

const table: readonly (readonly [number, string, string])[] = [
  [1, "EPERM", "operation not permitted"],
  [2, "ENOENT", "no such file or directory"],
  [3, "ESRCH", "no such process"],
  [4, "EINTR", "interrupted system call"],
  [5, "EIO", "input/output error"],
  [6, "ENXIO", "no such device or address"],
  [7, "E2BIG", "argument list too long"],
  [8, "ENOEXEC", "exec format error"],
  [9, "EBADF", "bad file descriptor"],
  [10, "ECHILD", "no child processes"],
  [11, "EAGAIN", "resource temporarily unavailable"],
  [12, "ENOMEM", "cannot allocate memory"],
  [13, "EACCES", "permission denied"],
  [14, "EFAULT", "bad address"],
  [16, "EBUSY", "device or resource busy"],
  [17, "EEXIST", "file exists"],
  [18, "EXDEV", "invalid cross-device link"],
  [19, "ENODEV", "no such device"],
  [20, "ENOTDIR", "not a directory"],
  [21, "EISDIR", "is a directory"],
  [22, "EINVAL", "invalid argument"],
  [23, "ENFILE", "too many open files in system"],
  [24, "EMFILE", "too many open files"],
  [25, "ENOTTY", "inappropriate ioctl for device"],
  [26, "ETXTBSY", "text file busy"],
  [27, "EFBIG", "file too large"],
  [28, "ENOSPC", "no space left on device"],
  [30, "EROFS", "read-only file system"],
  [31, "EMLINK", "too many links"],
  [32, "EPIPE", "broken pipe"],
  [34, "ERANGE", "numerical result out of range"],
  [36, "ENAMETOOLONG", "file name too long"],
  [38, "ENOSYS", "function not implemented"],
  [39, "ENOTEMPTY", "directory not empty"],
  [40, "ELOOP", "too many levels of symbolic links"],
  [71, "EPROTO", "protocol error"],
  [75, "EOVERFLOW", "value too large for defined data type"],
  [84, "EILSEQ", "invalid or incomplete multibyte or wide character"],
  [87, "EUSERS", "too many users"],
  [90, "EMSGSIZE", "message too long"],
  [93, "EPROTONOSUPPORT", "protocol not supported"],
  [95, "EOPNOTSUPP", "operation not supported"],
  [98, "EADDRINUSE", "address already in use"],
  [99, "EADDRNOTAVAIL", "cannot assign requested address"],
  [100, "ENETDOWN", "network is down"],
  [101, "ENETUNREACH", "network is unreachable"],
  [104, "ECONNRESET", "connection reset by peer"],
  [109, "ETOOMANYREFS", "too many references: cannot splice"],
  [110, "ETIMEDOUT", "timed out"],
  [111, "ECONNREFUSED", "connection refused"],
  [121, "EREMOTEIO", "remote I/O error"],
  [122, "EDQUOT", "disk quota exceeded"],
];

const byNumber: ReadonlyMap<number, readonly [string, string]> = new Map(
  table.map(([n, name, text]) => [n, [name, text]]),
);
const byName: ReadonlyMap<string, string> = new Map(table.map(([, name, text]) => [name, text]));
const numbers: ReadonlyMap<string, number> = new Map(table.map(([n, name]) => [name, n]));

/** The name of an errno, such as `ENOENT`. */
export function nameErrno(errno: number): string {
  return byNumber.get(errno)?.[0] ?? `errno ${errno}`;
}

/** The number of an errno; undefined for one that the table does not have. */
export function numberErrno(name: string): number | undefined {
  return numbers.get(name);
}

/** The words of strerror(3) for an errno, by number or name. */
export function describeErrno(errno: number | string): string {
  const text = typeof errno === "number" ? byNumber.get(errno)?.[1] : byName.get(errno);
  return text ?? (typeof errno === "number" ? `errno ${errno}` : errno);
}
