// The launcher lives in a session of its own, so that a key on the terminal reaches the container once: through here. So it
// cannot see which job has the terminal: signals from here say so.
import * as fs from "node:fs";
import { isatty } from "node:tty";

const forwarded = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGTERM",
  "SIGUSR1",
  "SIGUSR2",
  "SIGCONT",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
  "SIGWINCH",
] as const;

/** How often a launch in the background looks whether it has the terminal. */
const lookMs = 1000;

/** Whether a process is in the background of its terminal: its line of /proc/PID/stat (proc_pid_stat(5)). */
export function isBackground(stat: string): boolean {
  // The name may have blanks and brackets: the fields are counted from its end.
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return foreground !== undefined && Number(foreground) > 0 && foreground !== group;
}

/** Whether standard input is a terminal that another job of it has. */
export function isInBackground(): boolean {
  if (!isatty(0)) return false;
  let fd: number | undefined;
  try {
    fd = fs.openSync("/proc/self/stat", fs.constants.O_RDONLY);
    const bytes = new Uint8Array(512);
    return isBackground(new TextDecoder().decode(bytes.subarray(0, fs.readSync(fd, bytes, 0, bytes.length, null))));
  } catch {
    return false;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

/** Signals that are passed on. */
export interface Forwarding {
  /** Stops this process with its group, as the terminal's key does, until it is continued. */
  suspend(): void;
  end(): void;
}

/** Passes the signals that this process gets on to another. Without the terminal it goes on by SIGTTIN instead of SIGCONT. */
export function forwardSignals(send: (signal: NodeJS.Signals) => void): Forwarding {
  let timer: NodeJS.Timeout | undefined;
  // A signal that was sent to this process stops it alone. The key stops all of the caller's job.
  let stopsAlone = false;
  // A shell that brings a job that runs to the foreground sends nothing.
  const lookForTerminal = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => (isInBackground() ? lookForTerminal() : send("SIGCONT")), lookMs).unref();
  };
  const pass = (signal: NodeJS.Signals): void => {
    if (signal === "SIGTSTP") stopsAlone = true;
    const isParted = signal === "SIGCONT" && isInBackground();
    if (isParted) lookForTerminal();
    send(isParted ? "SIGTTIN" : signal);
  };
  for (const signal of forwarded) process.on(signal, pass);
  if (isInBackground()) lookForTerminal();
  return {
    suspend: () => {
      process.removeListener("SIGTSTP", pass);
      // A group that nobody could continue is not stopped by this signal.
      process.kill(stopsAlone ? process.pid : 0, "SIGTSTP");
      stopsAlone = false;
      process.on("SIGTSTP", pass);
      pass("SIGCONT");
    },
    end: () => {
      clearTimeout(timer);
      for (const signal of forwarded) process.removeListener(signal, pass);
    },
  };
}
