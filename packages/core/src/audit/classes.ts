/**
 * The classes of weakness that findings belong to: group and id of the catalogue in docs/security/defence.md, and what they are
 * about. A finding says that a plan opens what the class is about, not that Coffer has the weakness.
 */
export const classes = {
  "A K8s 2017-1002101, 2021-25741": "a path that was checked leads elsewhere when it is used",
  "B LXC 2015-1334, runc 2019-16884": "a process without the label that is meant to confine it",
  "B sysctl writes": "kernel parameters that are not of the container",
  "C mask missing": "files of procfs and sysfs that tell of the host or change it",
  "C device nodes": "devices of the host",
  "C read-only lost": "mounts that are writable where they should not be",
  "C who may weaken mounts": "masks and read-only flags that the container itself takes off",
  "C propagation leaks": "mounts that spread from one side to the other",
  "D runc/LXC 2019-5736": "root of the container is root for files of the host",
  "D page-cache poisoning 2022-0847, 2026-31431": "kernel interfaces by which pages of readable files were written",
  "D runc 2016-9962": "descriptors and memory of the runtime's own process",
  "D runc 2024-21626": "descriptors of the host inside",
  "D Docker 2015-3627": "parts of the host's tree inside",
  "E LXC 2016-10124, bwrap 2017-5226": "characters typed into the caller's terminal",
  "F runc 2022-24769": "capabilities that outlive a change of program",
  "F runc 2016-8867": "capabilities beyond what is needed",
  "F supplementary groups 2022-36109": "groups of the caller that stay",
  "F no_new_privs": "programs that give rights when they are executed",
  "F id maps": "ids of the container that somebody on the host has",
  "G --pid=host": "processes of the host in sight",
  "G setns": "namespaces that are not the container's own",
  "G abstract sockets 2020-15257": "the host's network and its sockets without a path",
  "G runc 2023-25809": "cgroups of the host",
  "G release_agent 2022-0492": "version 1 cgroups, whose release agent is a program of the host",
  "G keyring": "keys of the caller",
  "H stored plans": "plans that somebody else may have written",
  "H hooks 2024-0132": "programs of the host that run while a container is made",
  "I no policy": "the kernel's whole surface",
  "I flatpak 2021-41133": "a filter that lists what is bad and misses what is new",
  "I 32-bit/x32/other arch bypass": "a filter for one architecture, passed by another",
  "I seccomp notify": "a filter whose answers come from another process",
  "I kernel entry via userns 2022-0185": "kernel code that a user namespace of one's own opens",
  "I shocker 2014": "files opened by handle, past every mount",
  "I exhaustion": "what one container takes from all others",
  "I coredump": "core dumps that the host's handler gets",
} as const satisfies Readonly<Record<string, string>>;

/** The id of a class. */
export type ClassId = keyof typeof classes;
