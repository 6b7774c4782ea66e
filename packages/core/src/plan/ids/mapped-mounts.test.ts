// Whose user namespace carries the id maps of a bind: init's where it has the same, and before init goes on.
import test from "ava";
import type { PlanOp } from "../../wire/op.ts";
import { planCreate } from "../create/create.ts";
import { baseConfig, rootFacts, rootlessNamespaces, specConfig } from "../testing/builders.ts";

type Mappings = readonly { readonly containerID: number; readonly hostID: number; readonly size: number }[];

const range = (hostID: number): Mappings => [{ containerID: 0, hostID, size: 65536 }];

function opsOf(mount: object, namespaces: readonly object[] = rootlessNamespaces): readonly PlanOp[] {
  const mounts = [...specConfig.mounts, { destination: "/mnt", source: "/srv/data", ...mount }];
  const maps = { uidMappings: range(100_000), gidMappings: range(200_000) };
  return planCreate(baseConfig({ mounts, linux: { resources: {}, namespaces, ...maps } }), rootFacts, { id: "one" })
    .ops;
}

/** The ops about user namespaces and mapped mounts, with their phases, and where init goes on. */
const told = (ops: readonly PlanOp[]): readonly string[] =>
  ops.flatMap((op) => {
    if (op.op === "set-mount") return op.userns === undefined ? [] : [`${op.op} ${op.phase} ${op.userns}`];
    return ["make-userns", "open-userns", "write-idmap", "release"].includes(op.op) ? [`${op.op} ${op.phase}`] : [];
  });

const ofInit = ["write-idmap parent", "open-userns parent", "set-mount parent init-ids", "release parent"];
const made = (slot: string): readonly string[] => [
  "make-userns host",
  `set-mount host ${slot}`,
  "write-idmap parent",
  "release parent",
];

const maps = test.macro({
  title: (_, what: string) => what,
  exec(t, _what: string, mount: object, expected: (slot: string) => readonly string[]) {
    const ops = opsOf(mount);
    const mapped = ops.find((op) => op.op === "set-mount" && op.userns !== undefined);
    t.deepEqual(told(ops), expected(mapped?.op === "set-mount" ? (mapped.userns ?? "") : ""));
  },
});
test(maps, "no maps of its own", { options: ["bind", "idmap"] }, () => ofInit);
test(
  maps,
  "the same maps in words of its own",
  { options: ["bind"], uidMappings: range(100_000), gidMappings: range(200_000) },
  () => ofInit,
);
test(maps, "another map of users", { options: ["bind"], uidMappings: range(1000), gidMappings: range(200_000) }, made);
test(maps, "another map of groups", { options: ["bind"], uidMappings: range(100_000), gidMappings: range(1000) }, made);

test("maps in the option idmap are those of the fields", (t) => {
  const word = "ridmap=uids=0-1000-10#@10-5-1;gids=0-2000-1";
  const uidMappings = [
    { containerID: 0, hostID: 1000, size: 10 },
    { containerID: 10, hostID: 100_005, size: 1 },
  ];
  const gidMappings = [{ containerID: 0, hostID: 2000, size: 1 }];
  const ops = opsOf({ options: ["rbind", word] });
  t.deepEqual(ops, opsOf({ options: ["rbind", "ridmap"], uidMappings, gidMappings }));
  t.true(ops.some((op) => op.op === "make-userns"));
});

test("the fields count more than the option idmap, and empty ones do not", (t) => {
  const maps = { uidMappings: range(1000), gidMappings: range(2000) };
  const word = "idmap=uids=0-5-1;gids=0-6-1";
  t.deepEqual(opsOf({ options: ["bind", word], ...maps }), opsOf({ options: ["bind", "idmap"], ...maps }));
  t.deepEqual(opsOf({ options: ["bind", "idmap=x"], ...maps }), opsOf({ options: ["bind", "idmap"], ...maps }));
  const empty = { uidMappings: [], gidMappings: [] };
  t.deepEqual(opsOf({ options: ["bind", word], ...empty }), opsOf({ options: ["bind", word] }));
  t.deepEqual(opsOf({ options: ["bind", "idmap="] }), opsOf({ options: ["bind", "idmap"] }));
});

test("init's own user namespace is made by a fork, when it goes on already", (t) => {
  const joined = rootlessNamespaces.map((one) => (one.type === "network" ? { ...one, path: "/run/netns/a" } : one));
  const ops = told(opsOf({ options: ["bind", "idmap"] }, joined));
  t.true(ops.indexOf("make-userns host") >= 0);
  t.false(ops.includes("open-userns parent"));
  t.false(ops.some((op) => op.startsWith("set-mount parent")));
});

test("one user namespace for all binds, which the launcher does not keep", (t) => {
  const mounts = ["/a", "/b"].map((destination) => ({ destination, source: "/srv/data", options: ["bind", "idmap"] }));
  const linux = { resources: {}, namespaces: rootlessNamespaces, uidMappings: range(1), gidMappings: range(1) };
  const { ops } = planCreate(baseConfig({ mounts: [...specConfig.mounts, ...mounts], linux }), rootFacts, {
    id: "one",
  });
  t.deepEqual(told(ops), ofInit.toSpliced(2, 0, "set-mount parent init-ids"));
  const closed = ops.findIndex((op) => op.op === "close" && op.slot === "init-ids");
  t.true(closed >= 0 && closed < ops.findIndex(({ op }) => op === "release"));
});
