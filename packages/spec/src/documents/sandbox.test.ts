// The settings of a sandbox: the least and the most of each field, and what is one too much.
import test from "ava";
import { sandboxFiles, sandboxProfile, sandboxSettings } from "./sandbox.ts";

const good: readonly object[] = [
  {},
  { limits: { pids: 1, cpus: 0.01, memory: 4096, timeout: 1 } },
  { limits: { cpus: 1_000_000, memory: "999999k", timeout: 2_147_483_647 } },
  { network: { hostPorts: [1, 65_535], allow: ["a.example"], deny: [], publish: ["80"] } },
  { sizes: { "/tmp": 4096, "/a": "1g" } },
  { bind: ["a:/b", "a:/b:ro", "/a:/b:rw"] },
  { sockets: ["ssh-agent", "~/agent"] },
  { tools: "none", cache: ["npm", "pip"], guards: false, writable: true },
  { env: { A: "", B: "=" }, keepEnv: ["HOME"] },
  { read: ["a"], write: ["b"], deny: ["**/*.env"], tmp: ["/t"], extends: ["node"] },
];

const bad: readonly object[] = [
  { limits: { pids: 0 } },
  { limits: { pids: 1.5 } },
  { limits: { cpus: 0.009 } },
  { limits: { cpus: 1_000_001 } },
  { limits: { memory: 4095 } },
  { limits: { memory: "1000000k" } },
  { limits: { memory: "1.5g" } },
  { limits: { memory: "k" } },
  { limits: { timeout: 0 } },
  { limits: { timeout: 2_147_483_648 } },
  { limits: { disk: 1 } },
  { network: { hostPorts: [0] } },
  { network: { hostPorts: [65_536] } },
  { network: { allow: [""] } },
  { network: { allow: ["a\0b"] } },
  { sizes: { "/tmp": 4095 } },
  { sizes: { tmp: 4096 } },
  { bind: ["/b"] },
  { bind: ["a:b"] },
  { bind: [":/b"] },
  { bind: ["a:/b:rx"] },
  { bind: ["a:/b:ro:rw"] },
  { sockets: "ssh-agent" },
  { sockets: [""] },
  { tools: "some" },
  { cache: ["brew"] },
  { env: { "A=": "b" } },
  { env: { A: "\0" } },
  { keepEnv: [""] },
  { read: [""] },
  { reads: ["a"] },
];

for (const profile of good)
  test(`a profile: ${JSON.stringify(profile)}`, (t) => {
    t.deepEqual(sandboxProfile.parse(profile), profile);
    t.deepEqual(sandboxSettings.parse({ ...profile, projects: {} }), { ...profile, projects: {} });
  });

for (const profile of bad)
  test(`no profile: ${JSON.stringify(profile)}`, (t) => {
    t.false(sandboxProfile.safeParse(profile).success);
    t.false(sandboxSettings.safeParse(profile).success);
  });

test("a project's profile does not say what projects may ask for", (t) => {
  t.false(sandboxProfile.safeParse({ projects: {} }).success);
  t.true(
    sandboxSettings.safeParse({ projects: { hostPorts: [5432], sockets: ["docker"], sizes: { "/tmp": "1g" } } })
      .success,
  );
  t.false(sandboxSettings.safeParse({ projects: { hostPorts: [0] } }).success);
  t.false(sandboxSettings.safeParse({ projects: { limits: {} } }).success);
});

test("the sizes of a sandbox's own options are bytes", (t) => {
  t.true(sandboxFiles.safeParse({ sizes: { "/tmp": 4096 } }).success);
  t.false(sandboxFiles.safeParse({ sizes: { "/tmp": "1g" } }).success);
});
