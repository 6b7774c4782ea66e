import test from "ava";
import { makeMemorySystem } from "../../../system/memory.ts";
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
