// Ids, arguments and programs that must be refused.
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { Bundle } from "../helpers/bundle.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { failureOf } from "../helpers/container.ts";
import type { Patch } from "../helpers/json.ts";
import { snapshot } from "../helpers/leftovers.ts";
import { coffer } from "../helpers/peers/runtimes.ts";
import { refused } from "./refused.ts";

const ids = [
  "",
  ".",
  "..",
  "a/b",
  "/a",
  "a\nb",
  "a b",
  "-a",
  ".a",
  "a".repeat(300),
  "ü",
  "a:b",
  "a\u202eb",
  "a*",
] as const;

const idIsRefused = test.macro({
  exec: async (t, id: string) => {
    const bundle = makeBundle(t);
    const before = snapshot(bundle);
    const outcome = await coffer(bundle, "create", ["--bundle", bundle.path, "--", id]);
    await refused(t, bundle, before, outcome, { error: /container ID|give the container's id/, exitCode: 1 });
  },
  title: (_provided, id: string) => `the id ${JSON.stringify(id).slice(0, 30)}`,
});

for (const id of ids) test.serial(idIsRefused, id);

type ArgumentRow = {
  readonly title: string;
  readonly verb: string;
  readonly args: readonly string[];
  readonly changes?: Patch;
  readonly error: RegExp;
  readonly exitCode?: number;
};

const argumentRows: readonly ArgumentRow[] = [
  { title: "no id", verb: "create", args: ["--bundle", "$BUNDLE"], error: /id/ },
  { title: "an unknown flag", verb: "run", args: ["--colour", "x"], error: /--colour/ },
  { title: "an unknown verb", verb: "dream", args: [], error: /dream/ },
  { title: "a bundle that is not there", verb: "run", args: ["--bundle", "/nowhere", "x"], error: /\/nowhere/ },
  {
    title: "a bundle that is a file",
    verb: "run",
    args: ["--bundle", "$BUNDLE/config.json", "x"],
    error: /config\.json/,
  },
  {
    title: "preserve-fds that is no number",
    verb: "run",
    args: ["--preserve-fds", "x", "--bundle", "$BUNDLE", "x"],
    error: /preserve-fds|integer/i,
  },
  {
    title: "preserve-fds beyond what is open",
    verb: "run",
    args: ["--strict", "--preserve-fds", "200", "--bundle", "$BUNDLE", "x"],
    error: /preserve-fds|descriptor|fd/i,
  },
  {
    title: "a pid file that cannot be written",
    verb: "create",
    args: ["--pid-file", "/nowhere/pid", "--bundle", "$BUNDLE", "$TAG"],
    error: /nowhere/,
  },
  {
    title: "a console socket without terminal",
    verb: "create",
    args: ["--console-socket", "/nowhere", "--bundle", "$BUNDLE", "$TAG"],
    error: /console|terminal/i,
  },
  {
    title: "a terminal for a process without one on standard input",
    verb: "run",
    args: ["--bundle", "$BUNDLE", "x"],
    changes: { "/process/terminal": true },
    error: /asks for a terminal, and the caller has none.*set \/process\/terminal to false/,
  },
  {
    title: "a terminal for a process that is detached, without a console socket",
    verb: "create",
    args: ["--bundle", "$BUNDLE", "x"],
    changes: { "/process/terminal": true },
    error: /cannot allocate tty.*set \/process\/terminal to false/,
  },
  {
    title: "systemd cgroups where there is no systemd",
    verb: "run",
    args: ["--systemd-cgroup", "--bundle", "$BUNDLE", "x"],
    error: /\/linux\/cgroupsPath: .*systemd/,
  },
  {
    title: "a log format",
    verb: "run",
    args: ["--log-format", "xml", "--bundle", "$BUNDLE", "x"],
    error: /log-format/,
  },
  {
    title: "start of nothing",
    verb: "start",
    args: ["nothing"],
    error: /nothing.*does not exist|does not exist.*nothing/,
  },
  { title: "state of nothing", verb: "state", args: ["nothing"], error: /does not exist/ },
  { title: "kill of nothing", verb: "kill", args: ["nothing"], error: /does not exist/ },
  { title: "delete of nothing", verb: "delete", args: ["nothing"], error: /does not exist/ },
  { title: "exec in nothing", verb: "exec", args: ["nothing", "true"], error: /does not exist/ },
  { title: "exec without a command", verb: "exec", args: ["nothing"], error: /./ },
  { title: "state of an id that climbs", verb: "state", args: ["../x"], error: /container ID/ },
  { title: "delete of an id that climbs", verb: "delete", args: ["--force", ".."], error: /container ID/ },
  { title: "list in an unknown format", verb: "list", args: ["--format", "xml"], error: /format/ },
  {
    title: "an input without a plan",
    verb: "run",
    args: ["--input", "rootfs=/x", "--bundle", "$BUNDLE", "x"],
    error: /input/,
  },
  { title: "plan of nothing", verb: "plan", args: ["/nowhere"], error: /\/nowhere/ },
];

const argumentIsRefused = test.macro({
  exec: async (t, row: ArgumentRow) => {
    const bundle = makeBundle(t, row.changes);
    const before = snapshot(bundle);
    const args = row.args.map((arg) => arg.replace("$BUNDLE", bundle.path).replace("$TAG", bundle.tag));
    await refused(t, bundle, before, await coffer(bundle, row.verb, args), { exitCode: failureOf(row.verb), ...row });
  },
  title: (_provided, row: ArgumentRow) => row.title,
});

for (const row of argumentRows) test.serial(argumentIsRefused, row);

type ProgramRow = {
  readonly title: string;
  readonly args: readonly string[];
  readonly make?: (bundle: Bundle) => void;
  readonly error: RegExp;
  readonly exitCode: 126 | 127;
};

// The wording of runc is kept where engines read it: "executable file not found in $PATH", "permission denied", "no such file".
const programRows: readonly ProgramRow[] = [
  {
    title: "a program that PATH has not",
    args: ["nosuch"],
    error: /"nosuch": executable file not found in \$PATH/,
    exitCode: 127,
  },
  {
    title: "a program that is not there",
    args: ["/nosuch"],
    error: /"\/nosuch": .*no such file or directory/,
    exitCode: 127,
  },
  {
    title: "a program that is a directory",
    args: ["/etc"],
    error: /"\/etc": .*(permission denied|is a directory)/,
    exitCode: 126,
  },
  {
    title: "a program without the right to be executed",
    args: ["/etc/motd"],
    error: /"\/etc\/motd": permission denied/,
    exitCode: 126,
  },
  {
    title: "a program of the wrong form",
    args: ["/etc/form"],
    make: (bundle) => writeFileSync(join(bundle.rootfs, "etc/form"), "\u007fELF rubbish", { mode: 0o755 }),
    error: /exec format error/,
    exitCode: 126,
  },
  {
    title: "a script without its interpreter",
    args: ["/etc/script"],
    make: (bundle) => writeFileSync(join(bundle.rootfs, "etc/script"), "#!/no/such\n", { mode: 0o755 }),
    error: /no such file or directory/,
    exitCode: 127,
  },
  {
    title: "a program behind a link to the host",
    args: ["/etc/link"],
    make: (bundle) => symlinkSync("/usr/bin/env", join(bundle.rootfs, "etc/link")),
    error: /no such file or directory/,
    exitCode: 127,
  },
];

const programIsRefused = test.macro({
  exec: async (t, row: ProgramRow) => {
    const bundle = makeBundle(t, { "/process/args": row.args });
    row.make?.(bundle);
    const before = snapshot(bundle);
    const outcome = await coffer(bundle, "run", ["--bundle", bundle.path, bundle.tag]);
    await refused(t, bundle, before, outcome, row);
  },
  title: (_provided, row: ProgramRow) => row.title,
});

for (const row of programRows) test.serial(programIsRefused, row);

test.serial("a state root that is a link", async (t) => {
  const bundle = makeBundle(t);
  mkdirSync(join(bundle.base, "elsewhere"));
  symlinkSync(join(bundle.base, "elsewhere"), bundle.state);
  const before = snapshot(bundle);
  const outcome = await coffer(bundle, "run", ["--bundle", bundle.path, bundle.tag]);
  await refused(t, bundle, before, outcome, { error: /state/ });
});
