// What version 1 of the devices controller can be told, and what it would pass over in silence.
import test from "ava";
import { CofferError } from "../../errors.ts";
import { planCreate } from "../create/create.ts";
import { baseConfig, hybridFacts } from "../testing/builders.ts";

type Rule = {
  readonly allow: boolean;
  readonly type?: string;
  readonly major?: number;
  readonly minor?: number;
  readonly access?: string;
};

const nothing: Rule = { allow: false };
const everything: Rule = { allow: true };
const allow = (major?: number, minor?: number, access = "rwm"): Rule => ({
  allow: true,
  type: "c",
  access,
  ...(major === undefined ? {} : { major }),
  ...(minor === undefined ? {} : { minor }),
});
const deny = (...numbers: readonly [number?, number?, string?]): Rule => ({ ...allow(...numbers), allow: false });

function written(rules: readonly Rule[]): readonly string[] {
  const config = baseConfig({ linux: { resources: { devices: rules } } });
  const { ops } = planCreate(config, hybridFacts, { id: "c1" });
  return ops.flatMap((op) =>
    op.op === "write-cgroup" && op.from?.startsWith("/linux/resources/devices/") ? [`${op.file} ${op.value}`] : [],
  );
}

const writes = test.macro({
  exec(t, rules: readonly Rule[], expected: readonly string[]) {
    t.deepEqual(
      written(rules).map((line) => line.slice("devices.".length)),
      expected,
    );
  },
  title: (title = "") => `writes: ${title}`,
});

test("an exception", writes, [nothing, allow(1, 3)], ["deny a", "allow c 1:3 rwm"]);
test(
  "what nobody gave",
  writes,
  [nothing, allow(1, 3), deny(10, 229)],
  ["deny a", "allow c 1:3 rwm", "deny c 10:229 rwm"],
);
test(
  "other access",
  writes,
  [nothing, allow(1, undefined, "m"), deny(1, 3, "r")],
  ["deny a", "allow c 1:* m", "deny c 1:3 r"],
);
test("the same device", writes, [nothing, allow(1, 3), deny(1, 3, "w")], ["deny a", "allow c 1:3 rwm", "deny c 1:3 w"]);
test(
  "after a new start",
  writes,
  [nothing, allow(1), everything, deny(1, 3)],
  ["deny a", "allow c 1:* rwm", "allow a", "deny c 1:3 rwm"],
);

test("without a rule that denies all, all is denied first", (t) => {
  const lines = (rules: readonly Rule[] | undefined): readonly string[] => {
    const config = baseConfig({ linux: { resources: rules === undefined ? undefined : { devices: rules } } });
    const { ops } = planCreate(config, hybridFacts, { id: "c1" });
    return ops.flatMap((op) => (op.op === "write-cgroup" && op.file.startsWith("devices.") ? [op.value] : []));
  };
  for (const rules of [undefined, [], [allow(1, 3)]]) t.is(lines(rules)[0], "a");
  t.deepEqual(lines(undefined), lines([nothing]));
});

const refuses = test.macro({
  exec(t, rules: readonly Rule[], pointer: string) {
    const error = t.throws(() => written(rules));
    t.true(CofferError.is(error, "E_UNSUPPORTED") && error.details.pointer === pointer);
  },
  title: (title = "") => `refuses: ${title}`,
});

test("a hole in a wider rule", refuses, [nothing, allow(1), deny(1, 3)], "/linux/resources/devices/2");
test("a hole in all of a type", refuses, [nothing, allow(), deny(1, 3, "m")], "/linux/resources/devices/2");
test("a wider rule than was given", refuses, [nothing, allow(1, 3), deny(1)], "/linux/resources/devices/2");

const mounted = test.macro({
  exec(t, limits: object, options: readonly string[], expected: readonly string[]) {
    const mount = { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options };
    const namespaces = ["mount", "pid", "cgroup", "uts", "network", "ipc"].map((type) => ({ type }));
    const config = baseConfig({ linux: { resources: limits, namespaces }, mounts: [mount] });
    const { ops } = planCreate(config, hybridFacts, { id: "c1" });
    const made = ops.flatMap((op) =>
      op.op === "make-fs" && op.type === "cgroup" ? [op.options?.join(",") ?? ""] : [],
    );
    t.deepEqual(made, expected);
  },
  title: (title = "") => `a cgroup mount shows: ${title}`,
});

const all = ["cpu,cpuacct", "cpuset", "devices", "memory", "pids", "none,name=systemd"];
test("every hierarchy", mounted, {}, ["rw"], all);
test("every hierarchy, read-only", mounted, {}, ["ro"], all);
test("every hierarchy, with a limit", mounted, { pids: { limit: 5 }, cpu: { shares: 512 } }, ["rw"], all);
