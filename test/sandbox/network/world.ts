// A world for sandboxes with a user-mode network: a network namespace that plays the host's, with a resolver on its loopback
// interface, and one that plays all others. /dev/net/tun is for everybody there, as systemd makes it.
import type { ExecutionContext } from "ava";
import { buildProgram } from "../../helpers/build.ts";
import type { CommandOptions, Outcome, Running } from "../../helpers/command.ts";
import { start } from "../../helpers/command.ts";
import type { Box } from "../../helpers/container.ts";
import { cofferArgv } from "../../helpers/peers/runtimes.ts";
import { asUser } from "../../helpers/user.ts";
import type { Who } from "../table.ts";
import { makePlace } from "../table.ts";

/** Where the others are: two public addresses, one on the host's link, one of a private network, and two where clouds have their metadata. */
export const far = {
  public: "46.0.0.1",
  named: "8.8.4.4",
  neighbour: "44.0.0.1",
  private: "10.9.0.1",
  metadata: "169.254.169.254",
  platform: "168.63.129.16",
};
/** The addresses that the host has; `routed` is one of a network that is its own by a route. */
export const near = { own: "44.0.0.2", routed: "45.0.0.7", loopback: "127.0.0.1", resolver: "127.0.0.53" };
export const port = 8080;

/** The program of the tests, which is in each working directory. */
export const program = (): string => buildProgram("test/sandbox/network/program");

const setup = (): string => `
mount --make-rprivate /
mkdir -p /dev/net
mount -t tmpfs none /dev/net
mknod -m 666 /dev/net/tun c 10 200
printf 'nameserver ${near.resolver}\\nsearch example.org\\n' > /dev/net/resolv.conf
mount --bind /dev/net/resolv.conf /etc/resolv.conf
ip link set lo up
unshare -n ${program()} serve ${port} & far=$!
trap 'kill $far $near 2>/dev/null' EXIT
near=
until [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
ip link add up0 type veth peer name down0 netns $far
ip addr add ${near.own}/24 dev up0
ip link set up0 up
ip route add default via ${far.neighbour}
ip route add local 45.0.0.0/24 dev lo
there() { nsenter --net=/proc/$far/ns/net ip "$@"; }
there link set lo up
there addr add ${far.neighbour}/24 dev down0
there link set down0 up
for one in ${far.public} ${far.named} ${far.private} ${far.metadata} ${far.platform}; do there addr add $one/32 dev lo; done
${program()} serve ${port} ${near.resolver} ${far.named} & near=$!
sleep 0.1
echo ready
read line`;

/** The world of one test. */
export interface World {
  readonly box: Box;
  /** Words before a command that bring it there. */
  readonly enter: readonly string[];
  /** Runs `coffer` there. */
  coffer(...words: readonly string[]): Promise<Outcome>;
  /** Begins a sandbox with a user-mode network there. */
  begin(flags: readonly string[], ...command: readonly string[]): Running;
  /** Runs a sandbox with a user-mode network there. */
  run(flags: readonly string[], ...command: readonly string[]): Promise<Outcome>;
  /** Runs a script as root of the world. */
  host(script: string): Promise<Outcome>;
}

/** Makes a world, which goes with its test. */
export async function makeWorld(
  t: ExecutionContext,
  who: Who,
  prepare = "true",
  more: Readonly<Record<string, string>> = {},
): Promise<World> {
  const { box, env } = await makePlace(t, who, `cp ${program()} network; ${prepare}`);
  const holder = start(["unshare", "-nm", "sh", "-ec", setup()], { keepStdin: true, timeoutMs: 600_000 });
  t.teardown(async () => {
    holder.write("\n");
    await holder.done;
  });
  await holder.saw("ready");
  const enter = ["nsenter", `--target=${holder.pid}`, "--net", "--mount", `--wdns=${box.path}`, "--"];
  const caller = who === "user" ? asUser : [];
  const options: CommandOptions = { env: { ...env, ...more } };
  const begin = (words: readonly string[]): Running => start([...enter, ...caller, ...cofferArgv(), ...words], options);
  const sandboxed = (flags: readonly string[], words: readonly string[]) =>
    begin(["sandbox", "--net", "user", ...flags, "--", ...words]);
  return {
    box,
    enter,
    coffer: (...words) => begin(words).done,
    begin: (flags, ...words) => sandboxed(flags, words),
    run: (flags, ...words) => sandboxed(flags, words).done,
    host: (script) => start([...enter, "sh", "-ec", script]).done,
  };
}

/** Words of a command that connects to addresses, and what it prints of those that answer and those that the kernel blocks. */
export const reach = (...hosts: readonly string[]): readonly string[] => [
  "./network",
  "reach",
  ...hosts.map((host) => (host.includes(":") ? host : `${host}:${port}`)),
];
export const answers = (host: string): string => `${host}:${port}: I am ${host}`;
export const blocked = (host: string): string => `${host}:${port}: Operation not permitted`;

/** A script of Node that listens at an abstract socket of the network namespace that plays the host's. */
export const abstractListener = `require("node:net").createServer().listen("\\0coffer-test-abstract", () => console.log("listening"))`;
