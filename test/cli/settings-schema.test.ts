// The JSON Schemas of settings say what the files' readers say.
import { readFileSync } from "node:fs";
import { parseSandboxProfile, parseSandboxSettings } from "@coffer/spec";
import { Ajv2020 } from "ajv/dist/2020.js";
import test from "ava";

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
const compile = (name: string) =>
  ajv.compile(JSON.parse(readFileSync(new URL(`../../packages/cli/schema/${name}.json`, import.meta.url), "utf8")));
const kinds = {
  profile: { validate: compile("profile"), parse: parseSandboxProfile },
  settings: { validate: compile("settings"), parse: parseSandboxSettings },
} as const;

const agrees = test.macro({
  exec(t, kind: keyof typeof kinds, document: object, isValid: boolean) {
    const { validate, parse } = kinds[kind];
    const text = JSON.stringify(document);
    t.is(validate(document), isValid, JSON.stringify(validate.errors));
    if (isValid) t.notThrows(() => parse(text));
    else t.throws(() => parse(text), { code: "E_PROFILE_INVALID" });
  },
  title: (_, kind, document, isValid) => `${kind}: ${isValid ? "takes" : "refuses"} ${JSON.stringify(document)}`,
});

for (const kind of ["profile", "settings"] as const) {
  test(agrees, kind, {}, true);
  test(agrees, kind, { $schema: "./schema.json", extends: ["node"], writable: true, guards: false }, true);
  test(agrees, kind, { read: ["a"], write: ["~/b"], deny: ["**/*.pem"], tmp: ["/t"], bind: ["a:/b:rw"] }, true);
  test(agrees, kind, { sockets: ["ssh-agent", "/run/x"] }, true);
  test(agrees, kind, { sockets: "ssh-agent" }, false);
  test(agrees, kind, { tools: "none", cache: ["npm"], sizes: { "/tmp": "4g", "/run": 4096 } }, true);
  test(
    agrees,
    kind,
    { env: { A: "b" }, keepEnv: ["C"], limits: { memory: "2g", pids: 1, cpus: 0.5, timeout: 1 } },
    true,
  );
  test(agrees, kind, { network: { allow: ["a"], deny: ["b"], hostPorts: [1], publish: ["80:80"] } }, true);
  test(agrees, kind, { reads: ["a"] }, false);
  test(agrees, kind, { read: "a" }, false);
  test(agrees, kind, { read: [""] }, false);
  test(agrees, kind, { bind: ["a"] }, false);
  test(agrees, kind, { cache: ["nmp"] }, false);
  test(agrees, kind, { sizes: { tmp: "4g" } }, false);
  test(agrees, kind, { sizes: { "/tmp": "4 GB" } }, false);
  test(agrees, kind, { env: { "A=B": "c" } }, false);
  test(agrees, kind, { env: { A: 1 } }, false);
  test(agrees, kind, { limits: { memory: 1 } }, false);
  test(agrees, kind, { limits: { seconds: 1 } }, false);
  test(agrees, kind, { network: { hostPorts: [0] } }, false);
  test(agrees, kind, { unsafe: ["no-seccomp"] }, false);
}
test(agrees, "profile", { projects: {} }, false);
test(
  agrees,
  "settings",
  { projects: { read: ["~/a"], sockets: ["x11"], writable: true, allow: ["a"], sizes: { "/tmp": "4g" } } },
  true,
);
test(agrees, "settings", { projects: { guards: false } }, false);
