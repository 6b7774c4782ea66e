// `coffer sandbox --net user`: a network by pasta(1), for any program, in which addresses are allowed and denied by the kernel.
import test from "ava";
import { start } from "../helpers/command.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { answers, blocked, far, makeWorld, near, port, program, reach } from "./network/world.ts";
import type { Who } from "./table.ts";

const wanted = ["root", "user", "userns", "ip", "pasta"] as const;
const whos: readonly Who[] = ["root", "user"];

/** What is not public, or is the host's. */
const closed = [far.private, far.neighbour, far.metadata, far.platform, near.own, near.routed];

for (const who of whos)
  test.serial(`as ${who}: it reaches what is public, by address and by name, and nothing else`, async (t) => {
    if (!(await needs(t, ...wanted))) return;
    const { run, box } = await makeWorld(t, who);
    const { stdout, stderr } = await run([], ...reach(far.public, far.named, ...closed));
    t.deepEqual(stdout.trim().split("\n"), [answers(far.public), answers(far.named), ...closed.map(blocked)], stderr);
    // Its loopback interface, gateway and resolver are the sandbox's own: of the host's there is nothing behind them.
    const own = await run([], ...reach(near.loopback, near.resolver, "10.0.2.2", "10.0.2.3"));
    t.notRegex(own.stdout, /I am/, own.stderr);
    const named = await run([], "sh", "-c", "cat /etc/resolv.conf; getent ahostsv4 anything.example");
    t.regex(named.stdout, /^nameserver 10\.0\.2\.3\nsearch example\.org\n8\.8\.4\.4 /u, named.stderr);
    await nothingLeft(t, box, box.before);
  });

for (const who of whos)
  test.serial(`as ${who}: no way to send a packet passes the rules`, async (t) => {
    if (!(await needs(t, ...wanted))) return;
    const { run } = await makeWorld(t, who);
    for (const host of closed) {
      const { stdout, stderr } = await run([], "./network", "attack", host, `${port}`);
      t.is(stdout, "tried\n", `${host} ${stderr}`);
    }
    const { stdout } = await run([], "./network", "attack", far.public, `${port}`);
    // Each way works where nothing is denied: but those that need a right.
    for (const way of [
      "a connection",
      "SO_BINDTODEVICE",
      "IP_UNICAST_IF",
      "IP_PKTINFO",
      "UDP",
      "MPTCP",
      "MSG_FASTOPEN",
    ])
      t.true(stdout.includes(`reached by ${way}\n`), `${way}: ${stdout}`);
    t.notRegex(stdout, /raw socket|packet socket|disable_xfrm/);
  });

test.serial("addresses and networks are allowed and denied, with ports, as those of the proxy are", async (t) => {
  if (!(await needs(t, ...wanted))) return;
  const { run } = await makeWorld(t, "user");
  const all = [far.public, far.named, far.private, near.own];
  const rows: readonly (readonly [flags: readonly string[], reached: readonly string[]])[] = [
    [["--allow", "10.9.0.0/16"], [far.private]],
    [
      ["--allow", "*", "--allow", `${far.private}:${port}`],
      [far.public, far.named, far.private],
    ],
    [["--allow", `${far.private}:80`], []],
    [["--allow", `*:${port}`, "--deny-host", "8.0.0.0/8"], [far.public]],
    [["--deny-host", `${far.public}:${port}`], [far.named]],
    [
      ["--deny-host", `${far.public}:80`],
      [far.public, far.named],
    ],
    [["--allow", near.own], [near.own]],
    [["--deny-host", "*"], []],
  ];
  for (const [flags, reached] of rows) {
    const { stdout, stderr } = await run(flags, ...reach(...all));
    const lines = all.map((host) => (reached.includes(host) ? answers(host) : blocked(host)));
    t.deepEqual(stdout.trim().split("\n"), lines, `${flags.join(" ")} ${stderr}`);
  }
});

test.serial("a further process gets no capability that passes the rules", async (t) => {
  if (!(await needs(t, ...wanted))) return;
  const { begin, coffer } = await makeWorld(t, "root");
  const running = begin(["--name", "coffer-test-further"], "sh", "-c", "echo begun; sleep 60");
  await running.saw("begun");
  const exec = (...flags: readonly string[]) => coffer("exec", ...flags, "coffer-test-further", "echo", "here");
  for (const name of ["CAP_NET_RAW", "CAP_NET_ADMIN"]) {
    const { stdout, stderr } = await exec("--cap", name);
    t.is(stdout, "");
    t.regex(stderr, new RegExp(`the rules of a user-mode network do not hold a program with ${name}`));
  }
  const { stdout, stderr } = await exec("--cap", "CAP_KILL");
  t.is(stdout, "here\n", stderr);
  await coffer("kill", "coffer-test-further", "KILL");
  await running.done;
});

test.serial("what cannot be held is refused, with a reason", async (t) => {
  if (!(await needs(t, ...wanted))) return;
  const { run, coffer, box, host, enter } = await makeWorld(
    t,
    "root",
    "mkdir -m 755 bin; echo '#!/bin/sh' > bin/pasta; chmod 777 bin/pasta",
  );
  const rows: readonly (readonly [flags: readonly string[], why: RegExp])[] = [
    [["--allow", "example.org"], /cannot tell by which name an address was found.*leave --net user out/],
    [["--deny-host", "*.example.org"], /cannot tell by which name/],
    [["--allow", "[2001::1]:80"], /has IPv4 alone/],
    [["--secret", "A=env:PATH@example.org"], /secret needs the proxy/],
    [["--unsafe-host-network"], /the host's network can reach all of it/],
    [["--reduced"], /cannot have a network/],
    [["--unsafe-capabilities"], /rules of a user-mode network do not hold a program with CAP_NET_RAW/],
    [["--learn", "x.json"], /does not tell which hosts are reached|needs Node/],
  ];
  for (const [flags, why] of rows) {
    const { stderr, exitCode } = await run(flags, "true");
    t.regex(stderr, why, flags.join(" "));
    t.is(exitCode, 125, flags.join(" "));
  }
  const bare = start([...enter, program(), "deny", ...cofferArgv(), "sandbox", "--net", "user", "--", "true"]);
  t.regex((await bare.done).stderr, /start-network: .*\(EPROTONOSUPPORT\): .*load the module xfrm_user/);
  // A program of PATH is not looked at.
  const { stdout } = await coffer(
    "sandbox",
    "--net",
    "user",
    "-e",
    `PATH=${box.path}/bin:/usr/bin`,
    "--",
    ...reach(far.public),
  );
  t.is(stdout, `${answers(far.public)}\n`);
  await host(`mount --bind ${box.path}/bin/pasta /usr/bin/pasta`);
  t.regex((await run([], "true")).stderr, /needs pasta: "\/usr\/bin\/pasta" is not used: others may write to it/);
  await host("mount --bind /dev/null /usr/bin/pasta");
  t.regex((await run([], "true")).stderr, /needs pasta: it is in none of .*install it \(apt install passt/);
  t.regex((await coffer("doctor")).stdout, /limited +user-mode networks: no pasta\(1\)/);
  await host("umount /usr/bin/pasta; umount /usr/bin/pasta; chmod 600 /dev/net/tun");
  t.regex((await run([], "true")).stderr, /pasta: .*\/dev\/net\/tun.*chmod 666 \/dev\/net\/tun/);
  t.regex((await coffer("doctor")).stdout, /limited +user-mode networks: \/dev\/net\/tun is not for everybody/);
  await nothingLeft(t, box, box.before);
});
