/** A call to the machine that failed: which, on what, and the errno's name. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  readonly call: string;
  readonly path: string;
  /** The errno by name, such as `ENOENT`. */
  readonly errno: string;

  constructor(call: string, path: string, errno: string, options?: { readonly cause?: unknown }) {
    super(`${call} ${path}: ${errno}`, options);
    this.call = call;
    this.path = path;
    this.errno = errno;
  }

  /** Tells whether a value is a `SystemError`, of one of those errnos when some are given. */
  static is(value: unknown, ...errnos: readonly string[]): value is SystemError {
    return value instanceof SystemError && (errnos.length === 0 || errnos.includes(value.errno));
  }
}
