// Device rules, rule by rule: rules → what the container may do with each device, in the kernel, beside crun and runc.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import type { HostMode } from "../helpers/host-modes.ts";
import type { Json } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { beside } from "../helpers/peers/peers.ts";
import type { RuntimeName } from "../helpers/peers/runtimes.ts";
import { runBundle } from "../helpers/peers/runtimes.ts";

/** Null, random, a terminal, fuse, loop-control, one that nobody has; a loop device, and one that nobody has. */
// Not tun: crun and runc before 1.2 let every container use it.
const devices = ["c:1:3", "c:1:8", "c:136:0", "c:10:229", "c:10:237", "c:200:1", "b:7:0", "b:200:1"] as const;

const allow = (rule: Json): Json => ({ allow: true, ...Object(rule) });
const deny = (rule: Json = {}): Json => ({ allow: false, access: "rwm", ...Object(rule) });
const fuse = { type: "c", major: 10, minor: 229 };

/** What the container may do: `r`, `w`, `m` of each device. */
async function verdicts(t: ExecutionContext, name: RuntimeName, mode: HostMode, rules: Json): Promise<string> {
  const capabilities = ["CAP_MKNOD", "CAP_DAC_OVERRIDE"];
  const box = makeBox(t, {
    "/process/args": ["/probe", "devices", ...devices],
    "/process/capabilities": { bounding: capabilities, effective: capabilities, permitted: capabilities },
    "/root/readonly": false,
    "/linux/resources/devices": rules,
  });
  const nodes = join(box.rootfs, "nodes");
  mkdirSync(nodes);
  for (const device of devices) await command(["mknod", join(nodes, device), ...device.split(":")]);
  const { exitCode, stdout, stderr } = await runBundle(name, box, { mode });
  t.is(exitCode, 0, `${name}: ${stderr}`);
  await nothingLeft(t, box, box.before);
  return stdout;
}

type Row = { readonly rules: Json; readonly expected: Readonly<Partial<Record<(typeof devices)[number], string>>> };

const decides = test.macro({
  title: (title) => `rules: ${title}`,
  async exec(t, { rules, expected }: Row) {
    if (!(await needs(t, "root", "crun"))) return;
    const ours = await verdicts(t, "coffer", "v2", rules);
    const found = Object.fromEntries(
      ours
        .trimEnd()
        .split("\n")
        .map((line) => line.split(" ")),
    );
    for (const [device, bits] of Object.entries(expected)) t.is(found[device], bits, device);
    await beside(t, ["crun"], async (tt) => {
      tt.is(await verdicts(tt, "crun", "v2", rules), ours, "crun's verdicts on v2");
    });
  },
});

/** The same in version 1, which has fewer forms. */
const decidesV1 = test.macro({
  title: (title) => `v1 rules: ${title}`,
  async exec(t, rules: Json) {
    if (!(await needs(t, "root", "runc", "cgroup-v1"))) return;
    const ours = await verdicts(t, "coffer", "host", rules);
    await beside(t, ["runc"], async (tt) => {
      tt.is(ours, await verdicts(tt, "runc", "host", rules));
    });
  },
});

const none = { "c:10:229": "m", "c:10:237": "m", "c:200:1": "m", "b:7:0": "m", "b:200:1": "m" } as const;
const defaults = { "c:1:3": "rwm", "c:1:8": "rwm", "c:136:0": "rwm" } as const;

test.serial("nothing is allowed but what every container has", decides, {
  rules: [deny({ access: "rwm" })],
  expected: { ...none, ...defaults },
});
test.serial("everything is allowed", decides, {
  rules: [allow({ access: "rwm" })],
  expected: Object.fromEntries(devices.map((device) => [device, "rwm"])),
});
test.serial("one device", decides, {
  rules: [deny(), allow({ ...fuse, access: "rw" })],
  expected: { ...none, ...defaults, "c:10:229": "rwm" },
});
test.serial("one device, to read", decides, {
  rules: [deny(), allow({ ...fuse, access: "r" })],
  expected: { ...none, "c:10:229": "rm" },
});
test.serial("one device, in two rules", decides, {
  rules: [deny(), allow({ ...fuse, access: "r" }), allow({ ...fuse, access: "w" })],
  expected: { ...none, "c:10:229": "rwm" },
});
test.serial("a whole major number", decides, {
  rules: [deny(), allow({ type: "c", major: 10, access: "rwm" })],
  expected: { ...none, "c:10:229": "rwm", "c:10:237": "rwm" },
});
test.serial("all block devices", decides, {
  rules: [deny(), allow({ type: "b", access: "r" })],
  expected: { ...none, "b:7:0": "rm", "b:200:1": "rm" },
});
test.serial("both types, by number", decides, {
  rules: [
    deny(),
    allow({ type: "c", major: 200, minor: 1, access: "rwm" }),
    allow({ type: "b", major: 200, minor: 1, access: "rwm" }),
  ],
  expected: { ...none, "c:200:1": "rwm", "b:200:1": "rwm" },
});
test.serial("an exception from what is allowed", decides, {
  rules: [
    deny(),
    allow({ type: "c", major: 10, access: "rwm" }),
    deny({ type: "c", major: 10, minor: 237, access: "w" }),
  ],
  expected: { ...none, "c:10:229": "rwm", "c:10:237": "rm" },
});
test.serial("an exception from everything", decides, {
  rules: [allow({ access: "rwm" }), deny({ ...fuse, access: "rw" })],
  expected: { "c:10:229": "m", "c:10:237": "rwm", "b:7:0": "rwm" },
});
test.serial("the later rule counts", decides, {
  rules: [deny(), allow({ ...fuse, access: "rw" }), deny({ ...fuse, access: "rw" })],
  expected: { ...none, ...defaults },
});
test.serial("a total rule wipes the earlier ones", decides, {
  rules: [allow({ ...fuse, access: "rw" }), deny({ access: "rwm" })],
  expected: { ...none, ...defaults },
});

test.serial("nothing", decidesV1, [deny({ access: "rwm" })]);
test.serial("everything", decidesV1, [allow({ access: "rwm" })]);
test.serial("one device", decidesV1, [deny(), allow({ ...fuse, access: "rw" })]);
test.serial("a whole major number", decidesV1, [deny(), allow({ type: "c", major: 10, access: "r" })]);
test.serial("an exception from everything", decidesV1, [allow({ access: "rwm" }), deny({ ...fuse, access: "rw" })]);
