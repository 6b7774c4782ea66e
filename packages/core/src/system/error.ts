/** A call to the machine that failed: which, on what, and the errno's name. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  readonly call: string;
  readonly path: string;
  /** The errno by name, such as `ENOENT`. */
  readonly errno: string;
  /** What is wrong in words, where the errno does not say it. */
  readonly reason: string | undefined;

  constructor(
    call: string,
    path: string,
    errno: string,
    options: { readonly cause?: unknown; readonly reason?: string } = {},
  ) {
    super(`${call} ${path}: ${errno}`, options);
    this.call = call;
    this.path = path;
    this.errno = errno;
    this.reason = options.reason;
  }

  /** Tells whether a value is a `SystemError`, of one of those errnos when some are given. */
  static is(value: unknown, ...errnos: readonly string[]): value is SystemError {
    return value instanceof SystemError && (errnos.length === 0 || errnos.includes(value.errno));
  }
}

/** What `read` gives; `other` where the system refuses it, with one of those errnos when some are given. */
export function readOr<T, U>(other: U, read: () => T, ...errnos: readonly string[]): T | U {
  try {
    return read();
  } catch (error) {
    if (SystemError.is(error, ...errnos)) return other;
    throw error;
  }
}

/** What `read` gives; undefined where the system refuses it. */
export function optional<T>(read: () => T): T | undefined {
  return readOr(undefined, read);
}
