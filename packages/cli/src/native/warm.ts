// What the image has already done: every module is evaluated, and what is made lazily is made. The verbs run on a machine in
// memory; what they say is read by nobody, and what they keep is of that machine.
import type { Runtime } from "@coffer/core";
import { openRuntime } from "@coffer/core";
import { makeTables } from "@coffer/core/native";
import * as verbs from "@coffer/core/verbs";
import { loadVerb } from "../load-verb.ts";
import { main } from "../main.ts";
import type { FaceName } from "../table/flag.ts";
import { flagsOf } from "../table/flag.ts";
import { globalFlags } from "../table/groups.ts";
import { verbOf, verbsOf } from "../table/verbs.ts";
import { makeWarmHost, processRecord } from "./warm-host.ts";

const id = "warm";

const maxConfig = 1 << 20;

/** A bundle that asks for no terminal. */
function writeBundle(runtime: Runtime, bundle: string, likeRunc: boolean): void {
  verbs.spec(runtime, { bundle, rootless: false, pidOnlyProc: false, unsafe: [], likeRunc });
  const file = `${bundle}/config.json`;
  const config = runtime.system.readText(file, maxConfig).replace('"terminal": true', '"terminal": false');
  runtime.system.writeFile(file, config);
}

/** The verbs of a container's life, as engines call them. */
async function liveOnce(): Promise<void> {
  const system = makeWarmHost();
  const runtime = openRuntime({ system, warn: () => {}, debug: () => {} });
  writeBundle(runtime, "/bundle", true);
  writeBundle(runtime, "/other", false);
  await (await verbs.run(runtime, { id: "one", bundle: "/bundle" })).wait();
  await verbs.create(runtime, { id, bundle: "/other" });
  system.put(`/run/coffer/${id}/process`, processRecord);
  // The container has no gate in memory: an error is made too.
  await verbs.start(runtime, id).catch(() => {});
  verbs.printState(await verbs.state(runtime, id));
  await (await verbs.exec(runtime, { id, args: ["true"] })).wait();
  await verbs.kill(runtime, id, { signal: "TERM", all: false });
  await verbs.list(runtime);
  await verbs.remove(runtime, id, { force: true });
}

/** What a sandbox sees of the host, so that its plan is made; its filter is compiled for both machines of the program. */
const sandboxPaths = [
  "/etc",
  "/usr/bin",
  "/usr/lib",
  "/usr/share",
  "/bin",
  "/lib",
  "/home/warm",
  "/tmp",
  "/mnt",
  "/dev",
];

async function sandboxOnce(machine: string): Promise<void> {
  const system = makeWarmHost();
  for (const path of sandboxPaths) system.put(path);
  const uname = (): ReturnType<typeof system.uname> => ({ ...system.uname(), machine });
  system.put("/etc/passwd", "root:x:0:0:root:/home/warm:/bin/sh\n");
  const runtime = openRuntime({ system: { ...system, build: "warm", uname }, warn: () => {}, debug: () => {} });
  const options = { args: ["true"], cwd: "/home/warm", stdio: ["inherit", "inherit", "inherit"] } as const;
  // The second one finds the plan of the first.
  for (let count = 0; count < 2; count++) await (await verbs.sandbox(runtime, options)).wait();
}

const faces = ["coffer", "coffer-oci"] as const;

/** The flags of a face are found out of the table once. */
function warmTable(face: FaceName): void {
  flagsOf(globalFlags, face);
  for (const name of verbsOf(face)) flagsOf(verbOf(name).flags, face);
}

/** Warms up. */
export async function warm(): Promise<void> {
  for (const face of faces) warmTable(face);
  for (const name of verbsOf("coffer")) await loadVerb(name);
  makeTables();
  await liveOnce();
  for (const machine of ["x86_64", "aarch64"]) await sandboxOnce(machine);
  // The parser, and the printing of an error: nothing can be read of the machine that builds.
  await main(["--log-format", "json", "state", id], "coffer-oci");
  await main(["state", id], "coffer");
}
