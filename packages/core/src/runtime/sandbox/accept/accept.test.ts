// What the administrator lets projects have bounds what a caller accepts, and what is accepted is what was read.
import test from "ava";
import type { MemorySystem } from "../../../system/memory.ts";
import { makeMemorySystem } from "../../../system/memory.ts";
import type { System } from "../../../system/port.ts";
import type { Said } from "../profile/index.ts";
import { withSettings } from "../profile/index.ts";
import { proposeAccept } from "./accept.ts";

const file = "/work/coffer.json";
const said: Said & { readonly settings: true } = { settings: true };

function makeHost(text: string, administrators?: string) {
  const memory: MemorySystem = makeMemorySystem();
  memory.put("/home/me");
  memory.put("/etc/passwd", "root:x:0:0:root:/home/me:/bin/sh\n");
  memory.put(file, text);
  if (administrators !== undefined) memory.put("/etc/coffer/sandbox.json", administrators);
  const digest = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16)).join("");
  const system: System = { ...memory, digest, caller: { ...memory.caller, env: { HOME: "/home/me" } } };
  const runtime = { system, root: "/run/coffer" };
  return { memory, runtime, read: () => withSettings(runtime, said) };
}

test("what is accepted counts", (t) => {
  const { runtime, read } = makeHost('{"writable": true}');
  t.throws(read, { message: /"writable".*coffer accept/ });
  proposeAccept(runtime).accept();
  t.true(read().writable);
});

test("the administrator bounds what is accepted, before and after", (t) => {
  const none = makeHost('{"writable": true}', '{"projects": {}}');
  t.throws(() => proposeAccept(none.runtime), {
    message: /more than the administrator lets projects have: "writable"/,
  });
  const { memory, runtime, read } = makeHost('{"writable": true}', '{"projects": {"writable": true}}');
  proposeAccept(runtime).accept();
  t.true(read().writable);
  memory.put("/etc/coffer/sandbox.json", '{"projects": {}}');
  t.throws(read, { message: /more than the administrator lets projects have: "writable"/ });
});

for (const text of ['{"guards": false}', '{"fence": true}', '{"network": {"mode": "user"}}'])
  test(`what no grant gives is accepted, but not where the administrator bounds projects: ${text}`, (t) => {
    const { runtime, read, memory } = makeHost(text);
    proposeAccept(runtime).accept();
    const { guards, fence, network } = read();
    t.deepEqual([guards, fence, network?.mode].filter((one) => one !== undefined).length, 1);
    memory.put("/etc/coffer/sandbox.json", '{"projects": {"writable": true}}');
    t.throws(read, { message: /more than the administrator lets/ });
  });

test("a limit is never made higher by a file that is accepted", (t) => {
  const { runtime, read, memory } = makeHost('{"limits": {"pids": 500}, "writable": true}');
  memory.put("/home/me/.config/coffer/sandbox.json", '{"limits": {"pids": 50}}');
  proposeAccept(runtime).accept();
  t.is(read().limits?.pids, 50);
});

test("what changes between the look and the yes is not accepted", (t) => {
  const { memory, runtime, read } = makeHost('{"writable": true}');
  const proposal = proposeAccept(runtime);
  memory.put(file, '{"writable": true, "guards": false}');
  proposal.accept();
  t.throws(read, { message: /has changed since you accepted it \(new: "guards" false\)/ });
});

test("what is judged is what was read, and each file is read once", (t) => {
  const { memory, runtime, read } = makeHost('{"extends": ["./a.json"]}');
  memory.put("/work/a.json", '{"writable": true}');
  proposeAccept(runtime).accept();
  const reads: string[] = [];
  const readNamedText = (path: string, limit: number): string => {
    const text = memory.readNamedText(path, limit);
    if (path.startsWith("/work/")) reads.push(path);
    // Somebody puts another file there at once.
    if (path === "/work/a.json") memory.put(path, '{"writable": true, "guards": false}');
    return text;
  };
  const settings = withSettings({ ...runtime, system: { ...runtime.system, readNamedText } }, said);
  t.true(settings.writable);
  t.is(settings.guards, undefined);
  t.deepEqual(reads, [file, "/work/a.json"]);
  t.throws(read, { message: /has changed since/ });
});

test("a file that is not as it was written is not accepted", (t) => {
  const { runtime } = makeHost('{"guards": false}');
  t.throws(() => proposeAccept(runtime, file, '{"writable": true}'), { message: /is not as it was written/ });
});

test("a record of another path, and one that is no record, counts for nothing", (t) => {
  const { memory, runtime, read } = makeHost('{"writable": true}');
  proposeAccept(runtime).accept();
  const at = [...memory.entries.keys()].find((path) => path.endsWith("record.json")) ?? "";
  const text = memory.readText(at, 10_000);
  memory.put(at, text.replace('"/work/coffer.json",', '"/other/coffer.json",'));
  t.throws(read, { message: /asks for more than projects may have/ });
  memory.put(at, "{}");
  t.throws(read, { message: /asks for more than projects may have/ });
});

test("what is not among the rights that were noted is refused, whatever the bytes are", (t) => {
  const { memory, runtime, read } = makeHost('{"writable": true}');
  proposeAccept(runtime).accept();
  const at = [...memory.entries.keys()].find((path) => path.endsWith("record.json")) ?? "";
  const record = JSON.parse(memory.readText(at, 10_000));
  memory.put(at, JSON.stringify({ ...record, asks: ['"cache" npm'] }));
  t.throws(read, { message: /asks for what it did not when you accepted it: "writable"/ });
});

test("control characters of a file do not reach the terminal", (t) => {
  const { memory, runtime } = makeHost('{"keepEnv": ["A"], "read": ["/beside/\\u001b[2J"]}');
  memory.put("/beside/\u001b[2J", "");
  const { lines } = proposeAccept(runtime);
  t.false(lines.join("\n").includes("\u001b"));
  t.deepEqual(lines.slice(1), ["  see the value of your variable A", "  read /beside/\\x1b[2J"]);
});
