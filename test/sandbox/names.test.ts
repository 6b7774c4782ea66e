// What a sandbox says of itself: its names, its users, its directories.
import type { Row } from "./table.ts";
import { declare } from "./table.ts";

const rows: readonly Row[] = [
  { title: "localhost is found", script: "getent hosts localhost | grep -c localhost", stdout: /^1\n$/ },
  {
    title: "node listens on localhost, and connects to it",
    script: `node -e '
      const net = require("node:net");
      const server = net.createServer((one) => one.end("served")).listen(0, "localhost", () =>
        net.connect(server.address().port, "localhost").on("data", (data) => console.log(String(data))).on("close", () => server.close()));'`,
    stdout: /^served\n$/,
  },
  {
    title: "its own name is found",
    script: "getent hosts $(hostname); cat /etc/hostname",
    stdout: /sandbox\nsandbox\n$/,
  },
  {
    title: "the caller has a name, a group and a home",
    script: 'test "$(id -un)" = "$USER" && id -gn >/dev/null && cd ~ && pwd && getent passwd "$USER" | cut -d: -f6',
    stdout: /^\/home\/sandbox\n\/home\/sandbox\n$/,
  },
  {
    title: "nobody else of the host has a name",
    script: 'cut -d: -f1 /etc/passwd | grep -cvE "^(root|nobody|$USER)$"',
    stdout: /^0\n$/,
    exitCode: 1,
  },
  {
    title: "the host's release and services are told",
    script: "grep -c ^ID= /etc/os-release; getent services ssh",
    stdout: /^1\nssh +22\/tcp/,
  },
  { title: "the processors are told", script: "ls -d /sys/devices/system/cpu/cpu0", stdout: /cpu0\n$/ },
  {
    title: "no device of the host is",
    script: "ls /sys /sys/devices",
    stdout: /^\/sys:\ndevices\nkernel\n\n\/sys\/devices:\nsystem\n$/,
  },
  { title: "/var/run is /run", script: "readlink /var/run", stdout: /^\/run\n$/ },
  {
    title: "/etc and /home cannot be written",
    script: "touch /etc/x /home/x /sys/x /x 2>&1 | grep -c Read-only",
    stdout: /^4\n$/,
  },
  {
    title: "what is in memory is bounded",
    script:
      "df -k --output=size,target /tmp /var/tmp /run /home/sandbox /dev/shm | tail -n +2 | awk '{ sum += $1 } END { print sum < 5000000 }'",
    stdout: /^1\n$/,
  },
  {
    title: "files in memory are bounded",
    script: "stat -f -c %c /tmp",
    stdout: /^524288\n$/,
  },
  {
    title: "git takes the directory for the caller's own",
    prepare: "git init -q . && git -c user.name=n -c user.email=e commit -q --allow-empty -m first",
    script: "git log --format=%s && git status --short --untracked-files=no",
    stdout: /^first\n$/,
  },
  {
    title: "a file of the caller's alone can be read",
    prepare: "umask 077; echo text > own",
    script: "cat own",
    stdout: /^text\n$/,
  },
];

declare(rows);
