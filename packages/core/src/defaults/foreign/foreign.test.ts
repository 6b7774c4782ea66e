// Settings of other sandboxes: what becomes of each field, and what is said of the rest.
import type { JsonValue, SandboxProfile } from "@coffer/spec";
import test from "ava";
import type { FormName } from "./index.ts";
import { forms, recogniseForm, translate } from "./index.ts";

const places = { dir: "/work", home: "/home/me" };

const becomes = test.macro({
  exec(t, name: FormName, settings: JsonValue, profile: SandboxProfile, restricted: readonly string[] = []) {
    t.is(recogniseForm(settings), name);
    const made = translate(settings, name, places);
    t.deepEqual(made.profile, profile);
    const lost = made.notes.filter(({ restricts }) => restricts);
    t.deepEqual([...new Set(lost.map(({ field }) => field))], [...restricted]);
  },
  title: (title = "") => title,
});

test(
  "srt: its own example",
  becomes,
  "srt",
  {
    network: {
      allowedDomains: ["github.com", "*.github.com:443"],
      deniedDomains: ["malicious.com"],
      allowUnixSockets: ["/var/run/docker.sock"],
      allowLocalBinding: false,
    },
    filesystem: { denyRead: ["~/.ssh"], allowRead: ["."], allowWrite: [".", "src/", "/tmp"], denyWrite: [".env"] },
    ignoreViolations: { "*": ["/usr/bin"] },
    enableWeakerNestedSandbox: false,
  },
  {
    read: [".env"],
    write: [".", "src"],
    deny: ["~/.ssh"],
    network: { allow: ["github.com", "*.github.com:443"], deny: ["malicious.com"] },
  },
);

test(
  "srt: what denyWrite forbids is not given back by a path beneath it",
  becomes,
  "srt",
  { filesystem: { allowWrite: ["~/a/b", "/work/c/d", "e"], denyWrite: ["/home/me/a", "c"] } },
  { write: ["e"] },
);

test(
  "srt: a filter of requests and a field that nobody knows are restrictions that are lost",
  becomes,
  "srt",
  { network: { allowedDomains: [], filterRequest: "x", later: 1 }, filesystem: { allowRead: ["**/*.txt"] } },
  {},
  ["network.filterRequest", "network.later"],
);

test(
  "claude: permissions that name paths and hosts, and the settings of its sandbox",
  becomes,
  "claude",
  {
    permissions: {
      allow: ["Bash(npm run:*)", "WebFetch(domain:example.org)", "Edit(/docs/**)", "Read(//data)", "Read(~/secret/x)"],
      deny: ["Read(./.env)", "Read(~/secret/**)", "Bash(curl:*)"],
    },
    sandbox: { enabled: true, network: { allowUnixSockets: ["~/agent.sock"] } },
    model: "x",
  },
  {
    read: ["/data"],
    write: ["./docs"],
    deny: ["./.env", "~/secret"],
    network: { allow: ["example.org"] },
  },
  ["permissions.deny"],
);

test(
  "fence: what is denied stays denied beneath",
  becomes,
  "fence",
  {
    extends: "code",
    network: { allowedDomains: ["a.org"], allowLocalOutbound: true, allowLocalOutboundPorts: [5432] },
    filesystem: { allowWrite: ["."], allowRead: ["~/x/y"], denyRead: ["~/x"] },
    command: { deny: ["git push"] },
  },
  { write: ["."], deny: ["~/x"], network: { allow: ["a.org"], hostPorts: [5432] } },
  ["extends", "command"],
);

test(
  "nono: lists of paths, variables, and the working directory",
  becomes,
  "nono",
  {
    meta: { name: "x" },
    workdir: { access: "readwrite" },
    filesystem: { allow: ["$HOME/.codex"], read: [{ path: "/data", when: "linux" }], read_file: ["$OTHER/x"] },
    network: { block: false, allow_domain: ["api.github.com"] },
    environment: { allow_vars: ["TERM"] },
  },
  { read: ["/data"], write: [".", "~/.codex"], keepEnv: ["TERM"], network: { allow: ["api.github.com"] } },
);

test(
  "srt: a path that cannot be written is not shown for that",
  becomes,
  "srt",
  { filesystem: { denyRead: ["~/.ssh"], allowWrite: [], denyWrite: ["~/.ssh/id_rsa", "/work/x"] } },
  { deny: ["~/.ssh"] },
);

test(
  "claude: a path that cannot be edited is not shown for that",
  becomes,
  "claude",
  { permissions: { deny: ["Edit(~/.ssh/id_rsa)"] }, sandbox: { filesystem: { denyRead: ["~/.ssh"] } } },
  { deny: ["~/.ssh"] },
);

test(
  "fence: with defaultDenyRead a path that cannot be written is not shown for that",
  becomes,
  "fence",
  { filesystem: { defaultDenyRead: true, allowRead: ["."], denyWrite: ["~/private"] } },
  {},
);

test(
  "fence: with defaultDenyRead the working directory can be read nevertheless",
  becomes,
  "fence",
  { filesystem: { defaultDenyRead: true, allowRead: ["/data"] } },
  { read: ["/data"] },
  ["filesystem.defaultDenyRead"],
);

test(
  "srt: .. is folded before paths are compared",
  becomes,
  "srt",
  { filesystem: { denyRead: ["~/s/../t"], allowRead: ["~/u"], allowWrite: ["~/a/../b", "~/t/x"], denyWrite: ["~/b"] } },
  { read: ["~/u"], deny: ["/home/me/t"] },
);

test(
  "srt: denyRead wins over allowWrite, and allowRead over denyRead",
  becomes,
  "srt",
  {
    filesystem: { denyRead: ["~/a"], allowRead: ["~/a/b"], allowWrite: ["~/a/b/c", "~/a/d"], denyWrite: ["~/a/b/c/e"] },
  },
  { read: ["~/a/b", "~/a/b/c/e"], write: ["~/a/b/c"], deny: ["~/a"] },
);

test(
  "claude: what needs a question is not given",
  becomes,
  "claude",
  {
    permissions: {
      allow: ["Edit(src/**)", "Edit(src/infra/**)", "Read(//data/x)", "WebFetch(domain:a.org)"],
      ask: ["Edit(src/infra/**)", "Read(//data/**)", "WebFetch(domain:a.org)", "Bash(git push)"],
    },
  },
  { read: ["src/infra"], write: ["src"], deny: ["/data"], network: { allow: ["a.org"], deny: ["a.org"] } },
);

test(
  "claude: a rule without a path is about all of them",
  becomes,
  "claude",
  {
    permissions: {
      allow: ["Edit(src/**)", "Read(//data)", "WebFetch(domain:a.org)"],
      deny: ["Edit", "Read", "WebFetch"],
    },
  },
  { network: { allow: ["a.org"], deny: ["*"] } },
  ["permissions.deny"],
);

test(
  "claude: what a pattern may match is not given",
  becomes,
  "claude",
  {
    permissions: {
      allow: ["Edit(src/**)", "Edit(~/other/**)", "Read(~/keys/.env)", "Read(~/keys/a)"],
      deny: ["Edit(src/**/*.ts)", "Read(.env)"],
    },
  },
  { read: ["~/keys/a"], write: ["~/other"], deny: [".env", "**/.env"] },
);

test(
  "nono: paths of other systems, and a network that is blocked",
  becomes,
  "nono",
  {
    meta: {},
    filesystem: {
      read: [
        { path: "/mac", when: "macos" },
        { path: "/lin", when: ["linux", "macos"] },
      ],
    },
    network: { block: true, allow_domain: ["a.org"], open_port: [5432] },
  },
  { read: ["/lin"] },
);

const links: Readonly<Record<string, string>> = {
  "/home/me/to-b": "/home/me/b",
  "/home/me/c/link": "/home/me/z",
  "/home/me/to-d": "/home/me/d",
};
const real = (path: string): string => {
  const [from = "", to = ""] =
    Object.entries(links).find(([name]) => path === name || path.startsWith(`${name}/`)) ?? [];
  return `${to}${path.slice(from.length)}`;
};

const linked = test.macro({
  exec(t, filesystem: Readonly<Record<string, readonly string[]>>, profile: SandboxProfile) {
    t.deepEqual(translate({ filesystem }, "srt", { ...places, real }).profile, profile);
  },
  title: (title = "") => `a link: ${title}`,
});

test("to what cannot be written", linked, { allowWrite: ["~/to-b"], denyWrite: ["~/b"] }, {});
test("to what has a part that cannot be written", linked, { allowWrite: ["~/to-d"], denyWrite: ["~/d/x"] }, {});
test("that itself cannot be written", linked, { allowWrite: ["~/c"], denyWrite: ["~/c/link"] }, {});
test(
  "around what cannot be written",
  linked,
  { allowWrite: ["~/d"], denyWrite: ["~/to-d/x"] },
  { read: ["/home/me/d/x"], write: ["~/d"] },
);
test(
  "to what cannot be read",
  linked,
  { denyRead: ["~/b", "~/to-d/*.key"], allowWrite: ["~/to-b/x"] },
  { deny: ["~/b", "/home/me/d/*.key"] },
);

test("no text of a form is for nothing: each field of each form has its own row", (t) => {
  for (const form of Object.values(forms))
    for (const field of Object.values(form))
      t.true(["to", "drop", "tree", "hides", "blocks", "permissions"].some((kind) => kind in field));
});
