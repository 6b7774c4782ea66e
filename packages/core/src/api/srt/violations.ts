// What a sandbox has denied, as embedders of srt look at it.

/** A connection that was denied. */
export interface SandboxViolationEvent {
  readonly line: string;
  readonly command?: string;
  readonly timestamp: Date;
}

/** As many are kept: a program may try as often as it likes. */
const mostKept = 100;

type Listener = (violations: SandboxViolationEvent[]) => void;

/** The last violations. */
export class SandboxViolationStore {
  #kept: readonly SandboxViolationEvent[] = [];
  #total = 0;
  /** How many there were when a command began. */
  readonly #began = new Map<string, number>();
  readonly #listeners = new Set<Listener>();

  addViolation(violation: SandboxViolationEvent): void {
    this.#kept = [...this.#kept, violation].slice(-mostKept);
    this.#total += 1;
    for (const listener of this.#listeners) listener(this.getViolations());
  }

  /** The last ones, oldest first. */
  getViolations(limit = mostKept): SandboxViolationEvent[] {
    return this.#kept.slice(-limit);
  }

  /** How many are kept. */
  getCount(): number {
    return this.#kept.length;
  }

  /** How many there were. */
  getTotalCount(): number {
    return this.#total;
  }

  /** Says that a command begins. */
  begin(command: string): void {
    this.#began.delete(command);
    const [oldest] = this.#began.keys();
    if (this.#began.size >= mostKept && oldest !== undefined) this.#began.delete(oldest);
    this.#began.set(command, this.#total);
  }

  /** Those since the command last began: all commands of a sandbox share its proxy, so they may be another's. */
  getViolationsForCommand(command: string): SandboxViolationEvent[] {
    const later = this.#total - (this.#began.get(command) ?? 0);
    return later === 0 ? [] : this.getViolations(later);
  }

  clear(): void {
    this.#kept = [];
  }

  /** Calls a function with the kept violations, now and after each further one. Gives what ends that. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    listener(this.getViolations());
    return () => void this.#listeners.delete(listener);
  }
}
