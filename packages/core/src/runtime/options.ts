import type { CgroupManager } from "../plan/index.ts";
import type { LaunchSetup, Stdio, WindowSize } from "../system/port.ts";

/** Options of the verbs that make a process. Paths may be relative to the caller's directory. */
export interface ProcessLaunchOptions {
  /** A unix socket that gets the terminal's other end. */
  readonly consoleSocket?: string | undefined;
  /** A unix socket that gets the process's pidfd. */
  readonly pidfdSocket?: string | undefined;
  /** A file to write the process id to. */
  readonly pidFile?: string | undefined;
  /** How many further descriptors are passed, from 3 on. */
  readonly preserveFds?: number | undefined;
  /** Keeps the caller's session keyring. */
  readonly noNewKeyring?: boolean | undefined;
  /** Default: the caller's. */
  readonly stdio?: readonly [Stdio, Stdio, Stdio] | undefined;
  /**
   * The size of the terminal, where the caller shows the terminal by itself. The bytes are then passed on as for a terminal, and
   * the size can change. Default: the size of the caller's own terminal.
   */
  readonly window?: WindowSize | undefined;
  /** Passes signals that the caller gets on to the container. */
  readonly forwardSignals?: boolean | undefined;
  /** Asks for the time of every op. */
  readonly trace?: boolean | undefined;
  /** Gives up a launch whose program does not run yet: nothing of the launch is left, and the program never runs. */
  readonly cancel?: AbortSignal | undefined;
  /** Returns when the program runs; the container goes on. */
  readonly detach?: boolean | undefined;
  /** Ends the launcher with the caller, however that ends, and a container that it has made. */
  readonly dieWithParent?: boolean | undefined;
}

/** A bundle, and under which name its config is. */
export interface BundleOptions {
  readonly bundle: string;
  /** The config instead of `config.json`: absolute, or relative to the bundle. */
  readonly configFile?: string | undefined;
}

/** Options of the verbs that make a container. */
export interface ContainerOptions extends ProcessLaunchOptions {
  readonly id: string;
  /** The id is new and nobody knows it yet: nobody has to be locked out while the container is made. */
  readonly anonymous?: boolean | undefined;
  readonly noPivot?: boolean | undefined;
  /** Locks the mounts of a container that has CAP_SYS_ADMIN, so that it takes no mask and no read-only flag away. */
  readonly lockMounts?: boolean | undefined;
  /** Puts a process 1 beside the program, which forwards signals and reaps orphans. Needs a new pid namespace. */
  readonly init?: boolean | undefined;
  /** The socket that gets the message when the container is ready (sd_notify(3)): a path, or `@` and an abstract name. */
  readonly notifySocket?: string | undefined;
  /** Nobody listens there: the container finds a socket all the same. */
  readonly isNotifyStale?: boolean | undefined;
  /** Keeps what the program writes, for `logs`: so many bytes at most. Nothing of it comes to the caller. */
  readonly logBytes?: number | undefined;
  /** Who answers what the launch hands out. */
  readonly answers?: LaunchSetup["answers"];
  /** What gets the calls of the program. */
  readonly watcher?: LaunchSetup["watcher"];
  /** Who makes the cgroups; `none`: nobody, and no limits are applied. Default: `cgroupfs`. */
  readonly cgroupManager?: CgroupManager | undefined;
}
