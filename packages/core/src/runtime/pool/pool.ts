// Containers that are made before anybody runs them: only their program is left to do. Each is for one run.

/** A container that waits for its run. */
export interface Pooled {
  /** All that its run has to be: a run of another key gets another container. */
  readonly key: string;
  /** Settles when the container cannot be let go on any more, because it or its launcher has ended. */
  readonly over: Promise<unknown>;
  /** Ends the container, and leaves nothing of it. */
  end(): Promise<void>;
  /** Leaves nothing that outlives this process, which ends now. */
  abandon(): void;
}

/** The containers that wait. */
export interface Pool<One extends Pooled = Pooled> {
  /** The container that has waited longest for such a run, which is the caller's now. */
  take(key: string): One | undefined;
  /** Has containers made for such runs, one after the other. A failure ends that: the next run tells what is wrong. */
  fill(key: string, make: () => Promise<One>): void;
  /** Waits until no container is being made. */
  filled(): Promise<void>;
  /** Ends all that wait. The pool is empty then, and the next run fills it again. */
  drain(): Promise<void>;
}

/** How many containers wait at most, for how many milliseconds, and what the pool has to do besides. */
export interface PoolSetup {
  readonly size: number;
  readonly ageMs: number;
  /** Removes what pools of processes that were killed have left: called once. */
  readonly sweep: () => Promise<void>;
  /** Waits until those who waited for the run have heard of its end: to make a container takes this thread for a millisecond. */
  readonly pause: () => Promise<void>;
  /** Gets what fails while nobody waits for it. */
  readonly failed: (error: unknown) => void;
  /** Does something when this process ends, and gives what undoes that. */
  readonly atExit: (action: () => void) => () => void;
}

/** Makes a pool without containers. */
export function makePool<One extends Pooled>({ size, ageMs, sweep, pause, failed, atExit }: PoolSetup): Pool<One> {
  /** In the order in which they were made. */
  const waiting = new Map<One, ReturnType<typeof setTimeout>>();
  let filling: Promise<void> | undefined;
  let swept: Promise<void> | undefined;
  let stopWatching: (() => void) | undefined;

  const abandonAll = (): void => {
    for (const one of waiting.keys()) one.abandon();
  };
  const remove = (one: One): boolean => {
    clearTimeout(waiting.get(one));
    const wasThere = waiting.delete(one);
    if (waiting.size === 0) {
      stopWatching?.();
      stopWatching = undefined;
    }
    return wasThere;
  };
  const end = async (one: One): Promise<void> => {
    if (remove(one)) await one.end().catch(failed);
  };
  const keep = (one: One): void => {
    stopWatching ??= atExit(abandonAll);
    waiting.set(one, setTimeout(() => void end(one), ageMs).unref());
    void one.over.then(() => end(one));
  };
  const of = (key: string): readonly One[] => [...waiting.keys()].filter((one) => one.key === key);
  const makeAll = async (key: string, make: () => Promise<One>): Promise<void> => {
    await pause();
    swept ??= sweep();
    await swept;
    while (of(key).length < size) {
      const other = [...waiting.keys()].find((one) => one.key !== key);
      if (waiting.size >= size && other !== undefined) await end(other);
      const one = await make();
      keep(one);
      // What the run was made of has changed meanwhile: the next run asks for something else.
      if (one.key !== key) return;
    }
  };
  return {
    take: (key) => {
      const [one] = of(key);
      if (one !== undefined) remove(one);
      return one;
    },
    fill: (key, make) => {
      filling ??= makeAll(key, make)
        .catch(failed)
        .finally(() => {
          filling = undefined;
        });
    },
    filled: async () => filling,
    drain: async () => {
      await filling;
      await Promise.all([...waiting.keys()].map(end));
    },
  };
}
