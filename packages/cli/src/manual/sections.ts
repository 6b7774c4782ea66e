// The sections of the manual that belong to more than one verb.
import type { Section } from "./block.ts";
import { sandboxSections } from "./sandbox-sections.ts";

/** The first paragraphs. */
export const introduction: Section = {
  title: "The command line",
  blocks: [
    "`coffer` has the verbs, flags and output formats of runc, and some verbs for people. Global flags may stand before or after the verb. `coffer VERB --help` and `coffer help VERB` print the help of a verb.",
    "Engines call `coffer-oci`, which takes exactly the command line of runc. [coffer-oci](#coffer-oci) describes the differences.",
  ],
};

/** Sections in the order of the manual. */
export const sections: readonly Section[] = [
  {
    title: "Files that flags name",
    blocks: [
      "`--pid-file`, `--raw` and `--trace=FILE` replace an existing file, and write the new file completely or not at all. `--log` appends. `--raw` and `--trace=FILE` create files with mode 0600.",
      "Each of these flags also takes a FIFO that has a reader, or a character device. A block device is rejected. A link is rejected, except `/dev/stdout`, `/dev/stderr`, `/dev/fd/N`, `/proc/self/fd/N` and links to these. On the way to the file, a link that belongs to neither root nor the caller is rejected.",
    ],
  },
  {
    title: "State directory",
    blocks: [
      "The default of `--root` is `/run/coffer` for root, and `$XDG_RUNTIME_DIR/coffer` for other users. Without that variable it is `/tmp/coffer-UID`.",
      "The front on Node keeps compiled code in `/var/cache/coffer-oci` (root) or `~/.cache/coffer-oci`, if no other user may write there. `NODE_DISABLE_COMPILE_CACHE=1` turns that off.",
      "The native front keeps plans of sandboxes, and of bundles that are run again. They are in `/run/coffer/.plans` (root), `/run/user/UID/coffer/.plans` or `/tmp/coffer-UID/.plans`, if no other user may write there. They have neither arguments nor variables of programs, and may be removed at any time.",
      "The directory must belong to the caller and have mode 0700. Each directory or link on the way must belong to root or to the caller. Other users must not have write permission on the way, except where the sticky bit is set.",
    ],
  },
  {
    title: "Descriptors and sockets",
    blocks: [
      "`--console-socket`, `--pid-file`, `--pidfd-socket` and `--preserve-fds` work as in runc. `--pidfd-socket` receives the pidfd with the message `standard` from `run` and `create`, and `setns` from `exec`.",
      "A descriptor of `--preserve-fds` or `LISTEN_FDS` that is not open stays closed in the container, with a warning. On Node it is an error, also for `podman run --preserve-fd`: Node may have opened that number for itself.",
    ],
  },
  {
    title: "Readiness",
    blocks: [
      "If `NOTIFY_SOCKET` is set, the container gets a socket at `/run/notify/notify.sock`, and its `READY=1` is passed on (sd_notify(3)). A foreground `run` passes messages on while the container runs. `run --detach` and `start` return when the container is ready, and report its main pid.",
      "If `LISTEN_FDS` is set, `run` and `exec` pass that many descriptors to the container (sd_listen_fds(3)).",
    ],
  },
  {
    title: "Systemd",
    blocks: [
      "With `--systemd-cgroup` systemd creates one scope for each container. The cgroup path of the config then has the form `slice:prefix:name`. [systemd.md](engines/systemd.md) describes the details.",
    ],
  },
  {
    title: "Policies",
    blocks: [
      "A policy is a JSON file that says what a plan may do, whoever made the plan. `run`, `create`, `exec`, `sandbox` and `audit` take `--policy FILE`. A plan that does more is rejected. [policy.md](use/policy.md) describes the format.",
    ],
  },
  {
    title: "Sandbox defaults",
    blocks: [
      "`spec` and `sandbox` start from the same defaults:",
      {
        list: [
          "a new namespace of every kind",
          "for root, ids that nobody else has; for other users, the user's own ids",
          "no capabilities, and no_new_privs",
          "no core dumps (RLIMIT_CORE): one has all that its program knew, and would stay in the tree; `--core-dumps` allows them",
          "a seccomp filter that denies unknown calls",
          "a procfs and a sysfs with masked files; with `--pid-only-proc` procfs shows only processes",
        ],
      },
      "Each `--unsafe-…` flag gives up one of these defaults, and adds a finding to `audit`. `--unsafe-host-root` is for root only.",
      "In a sandbox, no system call can set the set-user-id or set-group-id bit of a file (`EPERM`). With `--rw` such a program would work on the host. openat2(2) fails with `ENOSYS`, because a filter cannot see its mode. A set-user-id program that is already in the directory gets no protection: the sandbox may change its content.",
      "The sandbox of an ordinary user keeps no supplementary group if newgidmap(1) is installed and the user has a subordinate group. Otherwise the kernel does not let the user leave the supplementary groups.",
    ],
  },
  ...sandboxSections,
  {
    title: "Network of a sandbox",
    blocks: [
      "A sandbox has a network namespace with a loopback interface, and nothing else. `--allow HOST` adds a proxy for the named hosts:",
      {
        list: [
          "`--allow example.org` allows this name, `--allow '*.example.org'` every name beneath it, `--allow '*'` every name. `--allow HOST:PORT` allows one port.",
          "Addresses and networks are rules too: `--allow 192.0.2.7:22`, `--allow '[2001:db8::1]:443'`, `--allow 10.0.0.0/8`.",
          "The proxy resolves names outside the sandbox, and connects only to addresses of the public internet. An address of the host (also a public one), of a link or of a private network needs a rule of its own, whatever name leads to it. What the host reaches without a router is on its link, whether the addresses are public or not.",
          "`--deny-host` takes a host away from what `--allow` allows.",
          "`--net none` leaves the sandbox without a network, whatever files of settings allow.",
          "`--publish 3000` makes port 3000 of the sandbox available at 127.0.0.1:3000 of the host. The server may listen at 127.0.0.1 or at ::1. `--publish 8080:3000` and `--publish 192.0.2.1:8080:3000` choose another port and address. A port has 256 connections at a time, and closes further ones at once.",
          "`--host-port 5432` makes port 5432 of the host's loopback interface available at the same port inside.",
        ],
      },
      "The proxy speaks HTTP and SOCKS 5 at 127.0.0.1:31280 of the sandbox. The command's environment names the proxy for curl, git, npm, Node, pip, cargo, Go, Java and others. A program that ignores these variables has no network. git over SSH needs bash in the sandbox.",
      "Init makes the listening socket in the sandbox's network namespace, and sends the socket to the caller of `coffer`. No process of the proxy is in the sandbox. For a published port, the helper makes each connection in the network namespace when the connection comes.",
      "If the caller's environment names a proxy for HTTP (`https_proxy`, `http_proxy`, `no_proxy`), the sandbox's proxy connects through that one. The other proxy then resolves the names, and their addresses are not checked.",
      "`--net user` gives the sandbox a user-mode network instead, for programs that know no proxy, with TCP and UDP over IPv4. pasta(1) makes it (Debian's package `passt`), which runs on the host as the user that the sandbox is there, and needs `/dev/net/tun` with mode 0666. The kernel denies addresses with EPERM, whatever a program does (xfrm(8)):",
      {
        list: [
          "Without `--allow`, every address of the public internet can be reached. Addresses of private networks and of links (with the metadata services of clouds) need a rule. So do those that the host has at the start, also by a local route.",
          "With `--allow`, only what a rule names can be reached: `--allow 10.1.0.0/16`, `--allow 10.1.2.3:5432`; `--allow '*'` is what is public. `--deny-host` takes addresses away. Names of hosts are rejected, because the kernel does not know by which name an address was found. So are rules of IPv6.",
          "Names are resolved by the first IPv4 server of the host's resolv.conf(5), which is 10.0.2.3 inside. Nothing else of the host's loopback interface can be reached.",
          "`--unsafe-capabilities` is rejected: a program with CAP_NET_RAW can write packets that the kernel does not judge.",
          "`--publish` and `--host-port` work as without it. `--secret`, `--learn` and changes to a running session need the proxy.",
          "If pasta ends, the sandbox has no network any more. `coffer` says so, and the command runs on. pasta ends with the sandbox, and if `coffer` is killed.",
        ],
      },
      "`--secret NAME=env:VAR@HOST` lets a command use a secret that it does not have. Inside, the variable NAME is a placeholder. The proxy replaces the placeholder in HTTPS requests to HOST, and in no other request. The fields are `Authorization` (also of Basic authentication), `Api-Key`, `PRIVATE-TOKEN`, `X-Api-Key` and `X-Goog-Api-Key`. `@HOST#FIELD,FIELD` names others instead. For that the proxy ends the TLS of these connections. Its certificate authority is made for this sandbox, is kept in memory, and can speak for these hosts alone. `/etc/coffer-certificates.pem` inside has its certificate, and the variables of the usual programs name that file.",
      "The proxy searches the fields and bodies of answers for the value, as it is, in upper or lower case, in base64, percent-encoded, and escaped as in JSON and HTML. The placeholder takes its place. `TRACE` is refused, and so is an answer that is compressed: the proxy asks for none, and for no part of a file. HOST is trusted with the value. If HOST sends the value in another form, or a part of the value, the command has that. A command can do everything at HOST that the secret allows, for instance make another secret.",
    ],
  },
  {
    title: "Signals and the first process",
    blocks: [
      "In a sandbox, and in a container of `--init`, process 1 is Coffer's own (`coffer-init`), and the program is its child:",
      {
        list: [
          "Process 1 forwards each signal to the program: TERM, INT, HUP and all others that can be caught.",
          "Process 1 reaps orphans, and ends as soon as the program ends. Whatever the program left is killed then.",
          "The status is that of the program, or 128 plus the number of the signal that ended it.",
          "On a terminal, the program is the foreground process group: ^C reaches the program alone.",
          "^Z stops a sandbox as it stops any job, and `fg` and `bg` continue it. A program that reads single keys gets ^Z itself, and a shell inside has jobs of its own. With `--reduced` and in `coffer run` ^Z is a key like others. SIGSTOP stops `coffer` alone: the command runs on, and the shell has the keys until `fg`.",
        ],
      },
      "Process 1 has the identity and the seccomp filter of the program, no open file, and no capability but CAP_KILL.",
      "Without `--init`, the program itself is process 1 of its pid namespace, as in runc and crun. The kernel does not deliver a signal to process 1 that the process has no handler for. KILL and STOP from outside are the exceptions (pid_namespaces(7)).",
      {
        list: [
          "So neither ^C nor TERM ends `coffer run` of `sleep 1000`: use `--init`.",
          "`coffer kill ID KILL` and `coffer delete --force ID` end a container.",
        ],
      },
      "When a terminal is closed, the kernel sends HUP to the program by the same rule. `run` and the container may continue; `delete --force` ends both.",
    ],
  },
];
