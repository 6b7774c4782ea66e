// Directories that are held: what the port says of them.
import type { FileStat } from "./port.ts";

/** A directory or a link that is passed on the way to a directory. */
export interface Passed {
  readonly path: string;
  readonly stat: FileStat;
}

/** How to get to a directory. */
export interface Way {
  /** Gets everything that is passed, the directory itself last; throws to refuse it, before anything is done in it. */
  passes(passed: Passed): void;
  /** Makes what is missing, 0700. */
  readonly make?: boolean;
}

/** What a path of the caller led to, held open. */
export interface HeldPath {
  readonly fd: number;
  /** Its path as the kernel has it: without links. */
  readonly path: string;
  /** A path in this process that leads to nothing else, and beneath it if it is a directory, whatever becomes of its name. */
  readonly at: string;
  close(): void;
}

/** How a path was looked up. */
export interface WayTaken {
  /** The links on the way, by the paths without links that they have. */
  readonly links: readonly string[];
  /** What the path leads to: without links. */
  readonly end: string;
}

/** The place of a name, whose directory is held. The way is the directory's. */
export interface HeldPlace extends WayTaken {
  /** A path in this process that leads to the same place, whatever becomes of the directories on the way. */
  readonly at: string;
  close(): void;
}

/** A directory that is held as long as the process lives. */
export interface HeldDir {
  readonly fd: number;
  /** A path of it that leads to nothing else, whatever becomes of its names; another process has other such paths. */
  readonly at: string;
  /** What it is now. */
  readonly stat: FileStat;
}

/** What another process sees at a path, held open. */
export interface HeldMount {
  readonly fd: number;
  /** The number of its mount in mountinfo. Nobody gets that number as long as it is held. */
  readonly mount: number;
  close(): void;
}
