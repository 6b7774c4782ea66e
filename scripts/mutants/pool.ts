// One worker: a process that runs test files for one mutant after the other. It is replaced when it hangs or has grown.
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** A worker keeps all that it has loaded: beyond this it is replaced, in bytes. */
const largest = 1_500_000_000;

/** How long a worker may take to start, in milliseconds. */
const start = 20_000;

/** What is run: test files, with the text of a changed file, or with the places of files whose coverage is wanted. */
interface Job {
  readonly tests: readonly string[];
  /** How long each test file may take, in milliseconds. */
  readonly longest: readonly number[];
  readonly file?: string;
  readonly text?: string;
  readonly places?: Readonly<Record<string, readonly number[]>>;
}

/** How it went: the first test file that failed, or the places that ran. */
interface Answer {
  readonly by?: string;
  readonly failure?: string;
  readonly covered?: readonly (readonly [file: string, places: readonly number[]])[];
  readonly ms: number;
  readonly heap: number;
}

export class Worker {
  #child: ChildProcess | undefined;

  #started(): ChildProcess {
    return fork(join(import.meta.dirname, "worker.mjs"), {
      cwd: root,
      detached: true,
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      env: { ...process.env, COFFER_STALE: "", COFFER_NATIVE: "" },
      execArgv: ["--conditions=@coffer/source", "--disable-warning=ExperimentalWarning"],
    });
  }

  /** Runs a job; undefined if the worker ended or a test file did not end in time. */
  async run(job: Job): Promise<Answer | undefined> {
    this.#child ??= this.#started();
    const child = this.#child;
    const answer = await new Promise<Answer | undefined>((resolve) => {
      let timer: NodeJS.Timeout;
      const end = (found?: Answer) => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(found);
      };
      const begin = (test: number) => {
        clearTimeout(timer);
        timer = setTimeout(end, (test === 0 ? start : 0) + (job.longest[test] ?? 0));
      };
      child.once("exit", () => end());
      child.on("message", (told: Answer | { readonly begun: number }) => {
        if ("begun" in told) begin(told.begun);
        else end(told);
      });
      begin(0);
      child.send(job);
    });
    if (answer === undefined || answer.heap > largest) this.end();
    return answer;
  }

  /** Ends the process and those that its tests have started. */
  end(): void {
    const pid = this.#child?.pid;
    this.#child?.removeAllListeners();
    this.#child = undefined;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}
