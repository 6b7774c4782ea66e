/** A seccomp profile that cannot be compiled; the planner adds its own code and wraps it. */
export class SeccompError extends Error {
  override readonly name = "SeccompError";
  /** JSON pointer of the field in the config, such as `/linux/seccomp/syscalls/3/action`. */
  readonly pointer: string;
  /** What is wrong, without the pointer. */
  readonly shortMessage: string;

  constructor(pointer: string, message: string) {
    super(`${pointer}: ${message}`);
    this.pointer = pointer;
    this.shortMessage = message;
  }
}
