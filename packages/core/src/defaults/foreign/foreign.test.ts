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
    read: ["/var/run/docker.sock", ".env"],
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
  { write: ["e"], read: ["/home/me/a", "c"] },
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
    read: ["/data", "~/agent.sock"],
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

test("no text of a form is for nothing: each field of each form has its own row", (t) => {
  for (const form of Object.values(forms))
    for (const field of Object.values(form))
      t.true("to" in field || "drop" in field || "tree" in field || "permissions" in field);
});
