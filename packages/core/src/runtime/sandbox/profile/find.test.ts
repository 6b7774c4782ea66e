import test from "ava";
import { SystemError } from "../../../system/error.ts";
import { makeMemorySystem } from "../../../system/memory.ts";
import type { SandboxNetwork } from "../../egress/sandbox-network.ts";
import { withSettings } from "./index.ts";

const grant = '{"projects":{"writable":true}}';

const grants = test.macro({
  exec(t, files: Readonly<Record<string, string>>, isGranted: boolean) {
    const memory = makeMemorySystem();
    memory.put("/work/coffer.json", '{"writable":true}');
    for (const [path, text] of Object.entries(files)) memory.put(path, text);
    const system = { ...memory, caller: { ...memory.caller, env: { HOME: "/home/me" } } };
    const read = () => withSettings({ system, root: "/run/coffer" }, { settings: true, writable: undefined });
    if (isGranted) t.true(read().writable);
    else t.throws(read, { code: "E_USAGE", message: /asks for more.*"writable"/ });
  },
  title: (title = "") => title,
});

const administrators = "/etc/coffer/sandbox.json";
const own = "/home/me/.config/coffer/sandbox.json";

test("the caller grants", grants, { [own]: grant }, true);
test("the administrator alone does not grant", grants, { [administrators]: grant }, false);
test("what both grant is granted", grants, { [administrators]: grant, [own]: grant }, true);
test(
  "the administrator narrows what the caller grants",
  grants,
  { [administrators]: '{"projects":{}}', [own]: grant },
  false,
);

/** What a caller may say. */
const sayings = {
  nothing: {},
  "what is written": { writable: true },
  "what is not written": { writable: false },
  "lists and maps": { cache: ["npm"], sizes: { "/tmp": 5 }, env: { A: "b", C: undefined }, timeoutMs: 7 },
  "a network": {
    network: { allow: ["a.org", "a.org"], deny: ["b.org"], hostPorts: [80, 80], publish: ["1:2", "1:2"] },
  },
  limits: { limits: { memory: 5, pids: undefined } },
  "the rest": { tools: "none", guards: "none", fence: true, overlay: "ask" },
};
for (const [what, said] of Object.entries(sayings))
  test(`a caller who says ${what}: files that say nothing are as no files`, (t) => {
    const read = (files: Readonly<Record<string, string>>) => {
      const memory = makeMemorySystem();
      memory.put("/work");
      for (const [path, text] of Object.entries(files)) memory.put(path, text);
      const system = { ...memory, caller: { ...memory.caller, env: { HOME: "/home/me" } } };
      return withSettings({ system, root: "/run/coffer" }, { ...said, settings: true });
    };
    const { layers, ...rest } = read({ [own]: "{}", [administrators]: "{}" });
    t.is(layers.length, 2);
    const none = read({});
    t.deepEqual(none, { ...rest, layers: [] });
    t.deepEqual(Object.keys(none), [...Object.keys(rest), "layers"]);
  });

/** Where what is reached is said, and what of it counts. */
const reaches: Readonly<
  Record<
    string,
    {
      readonly own?: object;
      readonly project?: object;
      readonly said?: SandboxNetwork;
      readonly expected: readonly [mode: string | undefined, allow: readonly string[]];
    }
  >
> = {
  "the caller's none, over files that allow": {
    own: { allow: ["a.org"] },
    said: { mode: "none" },
    expected: ["none", []],
  },
  "a project's none": { own: { allow: ["a.org"] }, project: { mode: "none" }, expected: ["none", []] },
  "a project's proxy, under the caller's own none": {
    own: { mode: "none", allow: ["a.org"] },
    project: { mode: "proxy" },
    expected: ["none", []],
  },
  "the caller's proxy, over a file's none": {
    own: { mode: "none", allow: ["a.org"] },
    said: { mode: "proxy", allow: ["b.org"] },
    expected: ["proxy", ["a.org", "b.org"]],
  },
  "what the caller allows is not left out silently": {
    own: { mode: "none" },
    said: { allow: ["b.org"] },
    expected: ["none", ["b.org"]],
  },
};
for (const [what, { own: mine, project, said = {}, expected }] of Object.entries(reaches))
  test(`a sandbox without a network: ${what}`, (t) => {
    const memory = makeMemorySystem();
    memory.put("/work/coffer.json", JSON.stringify({ network: project ?? {} }));
    memory.put(own, JSON.stringify({ network: mine ?? {}, projects: {} }));
    const system = { ...memory, caller: { ...memory.caller, env: { HOME: "/home/me" } } };
    const { network } = withSettings({ system, root: "/run/coffer" }, { settings: true, network: said });
    t.deepEqual([network?.mode, network?.allow ?? []], expected);
  });

/** Where a file of settings counts for a caller who works in /work/deep. */
const places: Readonly<Record<string, { readonly path: string; readonly env?: Readonly<Record<string, string>> }>> = {
  "the administrator's": { path: administrators },
  "the administrator's, with comments": { path: "/etc/coffer/sandbox.jsonc" },
  "the caller's": { path: own },
  "the caller's in XDG_CONFIG_HOME": { path: "/elsewhere/coffer/sandbox.json", env: { XDG_CONFIG_HOME: "/elsewhere" } },
  "the project's, here": { path: "/work/deep/coffer.json" },
  "the project's, with comments": { path: "/work/deep/coffer.jsonc" },
  "the project's, above": { path: "/work/coffer.json" },
};
for (const [what, { path, env }] of Object.entries(places))
  test(`the one file of settings is found: ${what}`, (t) => {
    const memory = makeMemorySystem();
    memory.put("/work/deep");
    memory.put(path, "{}");
    const system = { ...memory, caller: { ...memory.caller, env: { HOME: "/home/me", ...env } } };
    const { layers } = withSettings({ system, root: "/run/coffer" }, { settings: true, cwd: "/work/deep" });
    t.deepEqual(
      layers.map((layer) => layer.what),
      [path],
    );
  });

test("a name that cannot be looked up is not taken for one that is missing", (t) => {
  const memory = makeMemorySystem();
  memory.put("/work");
  const findStat = (path: string) => {
    if (path === own) throw new SystemError("stat", path, "EACCES");
    return memory.findStat(path);
  };
  const caller = { ...memory.caller, env: { HOME: "/home/me" } };
  const system = { ...memory, caller, findStat, areMissing: (paths: readonly string[]) => !paths.includes(own) };
  t.throws(() => withSettings({ system, root: "/run/coffer" }, { settings: true }), {
    code: "E_IO",
    message: /EACCES|permission/i,
  });
});
