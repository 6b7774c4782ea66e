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

  /** All commands of a sandbox share its proxy: every violation may be the command's. */
  getViolationsForCommand(_command: string): SandboxViolationEvent[] {
    return this.getViolations();
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
