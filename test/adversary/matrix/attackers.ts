// Who attacks: each row is one attack of test/adversary/program.

export type Attacker = {
  readonly name: string;
  readonly text: string;
  /** Needs limits, which an ordinary user has none of here. */
  readonly limits?: true;
};

export const attackers: readonly Attacker[] = [
  {
    name: "tracer",
    text: "ptrace, process_vm_readv and process_vm_writev, pidfd_getfd, kcmp, /proc/PID/{mem,root,cwd,fd} of every process that appears",
  },
  { name: "stopper", text: "SIGSTOP and SIGKILL to every process that appears, once each" },
  {
    name: "cgroups",
    text: "makes cgroups with names of up to 4,095 bytes, chains and crowds of them, moves processes, freezes, kills",
  },
  {
    name: "shuffler",
    text: "exchanges, mounts and unmounts every directory of a root that the runtime makes containers of",
  },
  {
    name: "staller",
    text: "FUSE that does not answer at the working directory and the terminals, a lease on the program, userfaultfd",
  },
  { name: "hider", text: "mounts look-alikes over /proc, /dev, /dev/pts and /sys" },
  { name: "flooder", text: "writes to its streams, its console and the notify socket without end" },
  { name: "forks", text: "a fork bomb beneath a limit of processes", limits: true },
  { name: "hog", text: "takes memory up to its limit, again and again", limits: true },
  { name: "uring", text: "opens /proc/PID/{root,mem,fd} of every process that appears, by io_uring" },
  { name: "passer", text: "passes descriptors to every socket that it finds, and fills their queues" },
  { name: "terminal", text: "TIOCSCTTY, TIOCSTI, TIOCLINUX, TIOCSETD on every terminal that it can open" },
];

/** All of them at once: what each capability alone is put through. */
export const medley: Attacker = { name: "all", text: "all of these at once" };
