import type { ConfigIssue } from "../../errors.ts";

/** Where the root file system comes from. */
export type RootfsSource =
  /** The input slot `rootfs`, a directory given at launch: the same plan serves many. */
  | { readonly input: true }
  /** A directory of the host; the plan opens it itself. Absolute. Without `links` no symbolic link in it is followed. */
  | { readonly path: string; readonly links?: boolean }
  /** An empty tmpfs, attached over the directory `at` of the host in the new mount namespace only, where it hides what is there: `/proc` unless given. */
  | { readonly tmpfs: true; readonly at?: string };

/** A bind source that has been looked up: a path without links, beneath the input slot `bundle` or the host's root. */
export interface HeldSource {
  readonly at: "bundle" | "host-root";
  readonly path: string;
}

/** Who gets the container's terminal. */
export type TerminalMode = "none" | "foreground" | { readonly consoleSocket: string };

/** Names that the program must not make, where it may write. */
export interface Supervised {
  /** Absolute paths of the container. */
  readonly names: readonly string[];
  /** Directories of the container without any such name in them: there the program makes names by itself. */
  readonly free: readonly string[];
}

/** Options that every plan with a process has. */
export interface ProcessOptions {
  /** Needs no_new_privs, Landlock, and a user and a mount namespace. Default: whatever can be written has no such name. */
  readonly supervised?: Supervised | undefined;
  /** A supervisor tells the input `watcher`, a socket, what the program asks for. Needs what `supervised` needs, but Landlock. */
  readonly watched?: boolean | undefined;
  /** What becomes of `process.terminal: true`. Default: `foreground`, or `none` where the process asks for no terminal. */
  readonly terminal?: TerminalMode;
  /** The terminal's output does not go to a terminal: a newline stays a newline, without a carriage return. Default false. */
  readonly plainOutput?: boolean;
  /** Size of the terminal where the process gives none: rows and columns. */
  readonly consoleSize?: { readonly height: number; readonly width: number };
  /** The launcher reports `running` and ends, instead of waiting for the container. Default false. */
  readonly detach?: boolean;
  /** How many descriptors from 3 on (after `listenFds`) are passed: inputs `fd-3`, `fd-4`, … Default 0. */
  readonly preserveFds?: number;
  /** How many sockets of socket activation are passed, from 3 on, with LISTEN_FDS and LISTEN_PID. Default 0. */
  readonly listenFds?: number;
  /** Which of them the caller does not have: the numbers stay closed. Default none. */
  readonly closedFds?: readonly number[];
  /**
   * The standard streams keep their owners, instead of belonging to the user of the process. `reopened`: the process may open
   * those that are pipes again. Default false.
   */
  readonly keepStreams?: boolean | "reopened";
  /** Keeps the caller's session keyring. Default false. */
  readonly noNewKeyring?: boolean;
  /** Kills the container when the launcher ends. Default false. */
  readonly dieWithParent?: boolean;
  /** Init stays as the first process beside the program. Default false. */
  readonly init?: boolean;
  /** A unix stream socket that gets the process's pidfd. Absolute. */
  readonly pidfdSocket?: string;
  /** What reading the config or the process has found odd: the plan has it among its warnings. Default none. */
  readonly warnings?: readonly ConfigIssue[];
  /** HOME for a process whose environment has none; false: none. Default: what the image's passwd says of its user, else `/`. */
  readonly home?: string | false;
}

/** Who gets the message that a container is ready: sd_notify(3). */
export interface NotifyOptions {
  /** The caller's datagram socket: an absolute path, or `@` and an abstract name. */
  readonly socket: string;
  /** The directory in the state directory that the container gets a view of. Absolute. */
  readonly directory: string;
  /** Nobody listens at the caller's socket: the container gets its own all the same, as in runc and crun. */
  readonly isStale?: boolean;
}

/** A path that keeps its name. */
export interface PathGuard {
  readonly path: string;
  readonly readonly: boolean;
  /** The path is a link, which stays where it is and leads where it leads. Default false. */
  readonly isLink?: boolean;
}

/** Options of `planCreate`. */
export interface PlanCreateOptions extends ProcessOptions {
  /** The host's root is an initramfs: nothing can pivot out of it. The bundle's path is needed then. */
  readonly noPivot?: boolean;
  /** The container's id: names its cgroup where the config gives no path. */
  readonly id: string;
  /** The bundle's directory, absolute: relative sources of bind mounts and a relative `root.path` are beneath it. */
  readonly bundle?: string;
  /** Default: `{ input: true }`. */
  readonly rootfs?: RootfsSource;
  /** Init waits at the gate for `start` (verb `create`), instead of going on (verb `run`). Default false. */
  readonly gate?: boolean;
  /** The launcher holds init before its program until the caller lets it go on, at most so many milliseconds. Default: it goes on. */
  readonly holdMs?: number | undefined;
  /** There is a state directory, input slot `state`: the process is recorded in it. Default: the value of `gate`. */
  readonly state?: boolean;
  /** The cgroups outlive the container, whose state is kept: `delete` removes them. Default false. */
  readonly keepCgroups?: boolean;
  /** Who makes the cgroups; with `none` a config that asks for limits is refused. Default: `cgroupfs`. */
  readonly cgroupManager?: CgroupManager;
  /** Directories of the container's cgroups that are there, empty, and may be taken. Default none: all are new. */
  readonly existingCgroups?: readonly string[];
  /** The container may tell that it is ready: in `run` it is passed on at once, after `create` by `start`. */
  readonly notify?: NotifyOptions;
  /** Follows symbolic links in the sources of bind mounts; without them a source is what its path says. Default true. */
  readonly sourceLinks?: boolean;
  /**
   * The bind mount of this path on itself is of the input slot `workdir`, a directory given at launch, instead of what its path
   * leads to then. Where init clones it the root must be a tmpfs.
   */
  readonly workDir?: string;
  /** Where that mount is. Default: at the path itself. */
  readonly workDirAt?: string;
  /**
   * Overlays, destination → permission bits of the upper layer, which is made if it is missing. The layers `lower`, `upper` and
   * `work` are in what is mounted on the destination before.
   */
  readonly overlays?: Readonly<Record<string, number>>;
  /** Where relative sources of bind mounts lead, by their absolute paths. Default: looked up by these, beneath the host's root. */
  readonly sources?: Readonly<Record<string, HeldSource>>;
  /** Ports of the container's own loopback interface that the caller answers, over the input slot `listeners`. Default none. */
  readonly listeners?: readonly Listener[];
  /** A program of the host that gives the container's network namespace a network. Needs new user, pid and network namespaces. */
  readonly userNetwork?: UserNetwork | undefined;
  /** Symbolic links to make in the root, path → target: for a root that is a tmpfs. */
  readonly links?: Readonly<Record<string, string>>;
  /** The same, to make once the mounts are there. */
  readonly lateLinks?: Readonly<Record<string, string>>;
  /** Paths that nobody inside can rename or remove, in order: without links on the way, and there when the mounts are. */
  readonly guards?: readonly PathGuard[];
  /** Paths that are covered like masked ones, and must be there. */
  readonly masks?: readonly string[];
  /** The container has a /dev with the devices and links that every container has. Default true. */
  readonly hasDev?: boolean;
  /** Mount points beneath a bind are not made: they must be there. Default false. */
  readonly bindsStay?: boolean;
  /** Files to make in the container's own file systems once its mounts are there, path → content; mode 0644. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A user-mode network stack: the container's packets go out by sockets of a program of the host. */
export interface UserNetwork {
  /** The program; absolute. */
  readonly program: string;
  /** Its arguments, its own name first. */
  readonly args: readonly string[];
  /** What may be reached: rows of 8 bytes, as the op `start-network` has them. */
  readonly rules: Uint8Array;
}

/** A TCP port of 127.0.0.1 in the container's network namespace, whose listening socket the caller is sent. */
export interface Listener {
  readonly port: number;
  /** What the caller is sent with the socket. */
  readonly message: string;
}

/** The resctrl groups that a container is in. */
export interface ResctrlPlace {
  /** Where resctrl is mounted. */
  readonly mount: string;
  /** The group, with a leading slash; `/` is the default one. */
  readonly group: string;
  /** It was made for the container alone, and goes with it. */
  readonly own: boolean;
  /** The group that counts for the container, which goes with it. */
  readonly monitor?: string;
}

/** What Landlock leaves a process of the host: a file, or everything beneath a directory. */
export interface LandlockPath {
  /** Absolute, without links. */
  readonly path: string;
  readonly kind: "dir" | "file";
  /** `list`: names alone. `use`: a device. */
  readonly access: "list" | "read" | "write" | "use";
}

/** Options of `planReduced`. */
export interface ReducedOptions extends ProcessOptions {
  readonly paths: readonly LandlockPath[];
  /** A terminal of its own, in the place of the caller's. Default: it has no terminal. */
  readonly ownTerminal?: OwnTerminal | undefined;
}

/** A pseudoterminal of the host that the program gets, and whose other end the launcher has. */
export interface OwnTerminal {
  /** Where the host's `ptmx` is: among the devices, or on the devpts itself. */
  readonly at: "dev" | "dev/pts";
  /** The streams that lead to it. */
  readonly streams: readonly ("stdin" | "stdout" | "stderr")[];
}

/** Options of `planJoin`. */
export interface JoinOptions extends ProcessOptions {
  /** The container's id and bundle, which the agent of its seccomp notifications gets. */
  readonly id?: string;
  readonly bundle?: string;
  /** The container's init, as its state directory has it. */
  readonly target: ProcessIdentity;
  /** The container's cgroups, as `cgroupPlaces` told when it was made. */
  readonly cgroups?: readonly CgroupPlace[];
  /** The container's resctrl groups, as its state directory has them. */
  readonly resctrl?: ResctrlPlace | undefined;
  /** It has a user-mode network, whose rules hold no process with some capabilities. */
  readonly onUserNetwork?: boolean | undefined;
}

/** A process that is not mistaken for another one that got its pid later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTime: bigint;
  /** The pidfs inode; 0 where the kernel has none. */
  readonly inode: bigint;
}

/** Who makes the cgroups: the runtime itself, systemd on the runtime's behalf, or nobody. */
export type CgroupManager = "cgroupfs" | "systemd" | "none";

/** A unit of systemd, and how to reach the systemd that has it. */
export interface CgroupUnit {
  /** Such as `coffer-c1.scope`. */
  readonly name: string;
  /** Such as `system.slice`. */
  readonly slice: string;
  /** The unix socket of a message bus, or of systemd itself. */
  readonly socket: string;
  /** Whether the socket is systemd's own. */
  readonly direct: boolean;
}

/** Only CAP_SYS_ADMIN in the first user namespace writes `trusted` attributes; `user` ones whoever the cgroup belongs to. */
export type CgroupMark = "trusted.coffer" | "user.coffer";

/** A cgroup that a container has. */
export interface CgroupPlace {
  readonly version: 1 | 2;
  /** Where its hierarchy is mounted on the host. */
  readonly mount: string;
  /** The cgroup's path in the hierarchy, with a leading slash. */
  readonly path: string;
  /** Version 1: the controllers of the hierarchy. */
  readonly controllers: readonly string[];
  /** The unit whose cgroup it is, when systemd makes it. */
  readonly unit?: CgroupUnit;
  /** The extended attribute that says whose it is; absent where the container could change that and live on. */
  readonly mark?: CgroupMark;
}
