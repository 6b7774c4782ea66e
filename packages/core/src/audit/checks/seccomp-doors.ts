// The system calls that a filter should deny, and why.
import type { Call } from "../../exposure/filters.ts";
import type { Severity } from "../check.ts";
import type { ClassId } from "../classes.ts";

const CLONE_NEWUSER = 0x10000000n;
const plain = (...names: readonly string[]): readonly Call[] => names.map((name) => ({ name }));
const family = (number: bigint): readonly Call[] => [{ name: "socket", args: [number, 5n, 0n] }];
/** The kernel reads the request as 32 bits: a filter that compares 64 is passed by one with more. */
const request = (number: bigint): readonly Call[] => [
  { name: "ioctl", args: [0n, number] },
  { name: "ioctl", args: [0n, number | (1n << 32n)] },
];

/** Calls that a filter should deny: severity, class, what they open, how they look. */
export type Door = readonly [severity: Severity, id: ClassId, why: string, calls: readonly Call[]];

/** What a filter may leave open, by name. */
export const doors: Readonly<Record<string, Door>> = {
  "user-namespaces": [
    "medium",
    "I kernel entry via userns 2022-0185",
    "in a user namespace of its own a process has every capability, and with them kernel code that it could not reach",
    [{ name: "unshare", args: [CLONE_NEWUSER] }, { name: "clone", args: [CLONE_NEWUSER] }, { name: "clone3" }],
  ],
  mounting: [
    "low",
    "I kernel entry via userns 2022-0185",
    "with CAP_SYS_ADMIN, covers and mounts can be changed, and file system code meets hostile input",
    plain(
      "mount",
      "umount",
      "umount2",
      "fsopen",
      "fsconfig",
      "fsmount",
      "fspick",
      "move_mount",
      "open_tree",
      "open_tree_attr",
      "mount_setattr",
      "pivot_root",
    ),
  ],
  joining: ["low", "G setns", "with CAP_SYS_ADMIN, other namespaces can be joined", plain("setns")],
  bpf: ["medium", "I no policy", "the BPF verifier has had many flaws", plain("bpf")],
  perf: [
    "medium",
    "I no policy",
    "performance events have had many flaws, and tell of other processes",
    plain("perf_event_open"),
  ],
  "io-uring": [
    "medium",
    "I no policy",
    "it makes other system calls past the filter, and has had many flaws",
    plain("io_uring_setup", "io_uring_enter", "io_uring_register"),
  ],
  keyrings: [
    "low",
    "G keyring",
    "keys are not kept apart by every namespace",
    plain("keyctl", "add_key", "request_key"),
  ],
  userfaultfd: [
    "low",
    "I no policy",
    "it stops the kernel at a place of choice, which makes races easy to win",
    plain("userfaultfd"),
  ],
  "open-by-handle": ["medium", "I shocker 2014", "files are opened past every mount", plain("open_by_handle_at")],
  "kernel-loading": [
    "low",
    "I no policy",
    "with the capability, another kernel or module is loaded",
    plain("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module"),
  ],
  "host-control": [
    "low",
    "I no policy",
    "with the capability, the whole host is changed",
    plain(
      "reboot",
      "swapon",
      "swapoff",
      "acct",
      "settimeofday",
      "clock_settime",
      "iopl",
      "ioperm",
      "syslog",
      "quotactl",
    ),
  ],
  "page-cache-sockets": [
    "medium",
    "D page-cache poisoning 2022-0847, 2026-31431",
    "by AF_ALG and AF_RXRPC pages of files that are only readable were written",
    [...family(38n), ...family(33n)],
  ],
  "rare-sockets": [
    "low",
    "I no policy",
    "AF_KEY, AF_PACKET, AF_VSOCK, AF_TIPC and their like have had many flaws, and AF_VSOCK knows no network namespace",
    [...family(15n), ...family(17n), ...family(30n), ...family(40n)],
  ],
  "hidden-sockets": [
    "low",
    "I no policy",
    "32-bit programs choose the family of a socket where no filter sees it",
    [{ name: "socketcall", args: [1n] }],
  ],
  "terminal-input": [
    "low",
    "E LXC 2016-10124, bwrap 2017-5226",
    "TIOCSTI and TIOCLINUX put characters into a terminal as if they had been typed",
    [...request(0x5412n), ...request(0x541cn)],
  ],
  "fixed-addresses": [
    "low",
    "I no policy",
    "personality(2) turns the randomization of addresses off",
    [{ name: "personality", args: [0x40000n] }],
  ],
  tracing: [
    "note",
    "I no policy",
    "processes of the container can trace each other",
    plain("ptrace", "process_vm_readv", "process_vm_writev"),
  ],
};
