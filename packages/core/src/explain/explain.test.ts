// What is said of plans: for each change of the default config the sentence that it changes, and that no plan breaks it.
import test from "ava";
import fc from "fast-check";
import type { Change } from "../audit/_rows.test.ts";
import { made, reduced } from "../audit/_rows.test.ts";
import type { Subject } from "../exposure/index.ts";
import { usernsSwitches, usernsSwitchOf } from "../host/userns-switches.ts";
import { rootFacts } from "../plan/testing/builders.ts";
import { planCases } from "../plan/testing/cases.ts";
import { anyPlan } from "../wire/_arbitrary.test.ts";
import type { Explanation } from "./index.ts";
import { compareWords, explainPlan, printExplanation, printOps, renderPlanPage, summarisePlan } from "./index.ts";

const look = { width: 100, colour: false };
const linesOf = ({ parts }: Explanation): readonly string[] =>
  parts.flatMap(({ title, sentences }) => sentences.map(({ text, tone }) => `${title}: ${text} (${tone})`));

const says = test.macro({
  exec(t, change: Change, wanted: string) {
    const lines = linesOf(explainPlan(made(change)));
    t.true(lines.includes(wanted), lines.join("\n"));
    t.false(linesOf(explainPlan(made())).includes(wanted));
  },
  title: (_provided, _change, wanted) => `says “${wanted}”`,
});

test("says of a sandbox without namespaces what Landlock and the filter leave it", (t) => {
  const lines = linesOf(explainPlan(reduced()));
  for (const line of [
    "Sees: it has the host's own tree, of which Landlock leaves it 3 paths (odd)",
    "May write: /srv of the host (odd)",
    "Network: none: it can make no socket (good)",
    "Shares: it sees the arguments of every process of the host (odd)",
  ])
    t.true(lines.includes(line), lines.join("\n"));
  t.false(lines.some((line) => line.includes("queues")));
});

test("one line says who, the network, what is written, and the limits", (t) => {
  const line = (change: Change = {}): string => summarisePlan(made(change)) ?? "";
  t.regex(
    line(),
    /^root of the container is user \d+ of the host; a network of its own, [^;]*; writes nothing of the host; no limits$/,
  );
  t.regex(line({ linux: { resources: { pids: { limit: 7 } } } }), /; 7 processes$/);
  t.regex(line({ process: { rlimits: [{ type: "RLIMIT_DATA", soft: 4096, hard: 4096 }] } }), /; RLIMIT_DATA 4096$/);
  t.regex(line({ unsafe: ["host-network"] }), /; the host's network, /);
  const egress = { allow: [{ text: "example.org" }], hostPorts: [], publishes: false };
  const reaching = { ...made(), egress };
  t.regex(summarisePlan(reaching) ?? "", /; its caller lets it connect to example\.org; writes/);
  t.regex(summarisePlan(reduced()) ?? "", /; none: it can make no socket; writes \/srv of the host; no limits$/);
  for (const make of Object.values(planCases)) {
    const plan = make();
    const text = summarisePlan({ plan });
    t.is(text === undefined, plan.kind === "host" || plan.kind === "join");
    t.false(text?.includes("\n") ?? false);
  }
});

test("says that a launch fails where its user namespace cannot be made, and only there", (t) => {
  const wanted = "On the host: the launch fails on this host: user.x turns user namespaces off (bad)";
  const lines = (subject: Subject) => linesOf(explainPlan(subject));
  t.true(lines({ ...made(), usernsOff: "user.x" }).includes(wanted));
  t.false(lines({ ...made({ unsafe: ["host-root"] }), usernsOff: "user.x" }).includes(wanted));
  t.false(lines(made()).includes(wanted));
});

test("a switch for ordinary users does not keep root", (t) => {
  for (const { name, off, root } of usernsSwitches) {
    const read = (asked: string) => (asked === name ? off : undefined);
    t.is(usernsSwitchOf(read, false)?.name, name);
    t.is(usernsSwitchOf(read, true)?.name, root ? name : undefined);
    t.is(
      usernsSwitchOf((asked) => (asked === name ? `1${off}` : undefined), false),
      undefined,
    );
  }
});

const namespaces = ["pid", "network", "ipc", "uts", "mount", "cgroup", "user"];
const sharing = (shared: string) => ({
  namespaces: namespaces.filter((type) => type !== shared).map((type) => ({ type })),
});
const caps = (...names: readonly string[]) => ({
  capabilities: { bounding: names, effective: names, permitted: names },
});
const bind = (...options: readonly string[]): Change => ({
  mount: { destination: "/data", type: "bind", source: "/srv/data", options: ["rbind", ...options] },
});

const nproc = (process: object): Change => ({
  process: { rlimits: [{ type: "RLIMIT_NPROC", soft: 9, hard: 9 }], ...caps(), ...process },
});

const cases: readonly (readonly [Change, string])[] = [
  [{ unsafe: ["host-root"] }, "Runs as: it is root of the host: there is no user namespace (bad)"],
  [
    { unsafe: ["host-root"], process: { user: { uid: 7, gid: 7 } } },
    "Runs as: it is user 7 of the host: there is no user namespace (odd)",
  ],
  [{ process: { args: ["id", "-u"] } }, "Runs as: it runs id -u (plain)"],
  [{ process: caps("CAP_KILL") }, "Runs as: it has one capability over what belongs to the container: kill (plain)"],
  [
    { process: caps("CAP_SYS_ADMIN", "CAP_KILL"), unsafe: ["host-root"] },
    "Runs as: it has 2 capabilities over the host: kill, sys_admin (bad)",
  ],
  [{ process: { noNewPrivileges: false } }, "Runs as: set-user-id programs and file capabilities add rights (odd)"],
  [{ unsafe: ["no-seccomp"] }, "Runs as: every system call reaches the kernel: there is no filter (bad)"],
  [
    { process: { apparmorProfile: "p" }, facts: { ...rootFacts, lsm: ["apparmor"] } },
    "Runs as: its AppArmor profile is p (plain)",
  ],
  [
    { process: { apparmorProfile: "unconfined" }, facts: { ...rootFacts, lsm: ["apparmor"] } },
    "Runs as: its AppArmor profile is unconfined (odd)",
  ],
  [{ top: { root: { path: "rootfs" } } }, "Sees: its root is the root directory of its bundle, writable (plain)"],
  [{ top: { root: { path: "rootfs" } } }, "May write: its root directory, which stays (odd)"],
  [bind("rro"), "Sees: /data is /srv/data of the host, read-only (plain)"],
  [bind("rro", "rnoexec"), "Sees: /data is /srv/data of the host, read-only, nothing in it can be executed (plain)"],
  [bind(), "Sees: /data is /srv/data of the host, writable (odd)"],
  [bind(), "May write: of the host: /data (odd)"],
  [{ linux: sharing("network") }, "Network: the host's network, with all that listens there (bad)"],
  [{ linux: sharing("pid") }, "Shares: it sees every process of the host (bad)"],
  [{ linux: { resources: { memory: { limit: 64 << 20 } } } }, "Limits: memory 64 MiB (good)"],
  [{ linux: { resources: { cpu: { quota: 150000, period: 100000 } } } }, "Limits: 1.5 processors (good)"],
  [
    { linux: { resources: { pids: { limit: 9 } } } },
    "Limits: no limit for memory: it can take all that the host has (odd)",
  ],
  [
    nproc({ ...caps("CAP_SETUID") }),
    "Limits: no limit for memory and processes as a whole: it can take all that the host has (odd)",
  ],
  [
    { process: { rlimits: [{ type: "RLIMIT_DATA", soft: 1 << 20, hard: 1 << 20 }] } },
    "Limits: no limit for memory as a whole and processes: it can take all that the host has (odd)",
  ],
  [
    { top: { hooks: { poststop: [{ path: "/usr/bin/x" }] } } },
    "On the host: /usr/bin/x of the host runs as a hook (odd)",
  ],
  [{ unsafe: ["host-root"] }, "Unusual: high: the process is root of the host: there is no user namespace (bad)"],
];
for (const one of cases) test(says, ...one);

test("a limit of a user's processes holds for a program without capabilities", (t) => {
  const lines = linesOf(explainPlan(made(nproc({}))));
  t.true(lines.includes("Limits: no limit for memory: it can take all that the host has (odd)"));
});

test("the default plan has no bad sentence", (t) => {
  const bad = explainPlan(made()).parts.flatMap(({ sentences }) => sentences.filter(({ tone }) => tone === "bad"));
  t.deepEqual(bad, []);
});

test("a sentence names the op that it is about", (t) => {
  const subject = made(bind());
  const found = explainPlan(subject).parts.flatMap(({ sentences }) => sentences);
  const { op = -1, from } = found.find(({ key }) => key === "mount /data")?.at ?? {};
  t.is(from, subject.plan.ops[op]?.from);
  t.is(subject.plan.ops[op]?.op, "open-object");
});

test("sentences have keys of their own", (t) => {
  for (const make of Object.values(planCases)) {
    const keys = explainPlan({ plan: make() }).parts.flatMap(({ sentences }) => sentences.map(({ key }) => key));
    t.deepEqual(keys, [...new Set(keys)]);
  }
});

test("a comparison says what was and what is", (t) => {
  const changes = compareWords(explainPlan(made()), explainPlan(made({ linux: sharing("network") })));
  const network = changes.find(({ title }) => title === "Network");
  t.is(network?.before?.text, "a network of its own, which leads nowhere by itself");
  t.is(network?.after?.text, "the host's network, with all that listens there");
});

test("every plan is explained on one screen, and as wide as asked", (t) => {
  for (const [name, make] of Object.entries(planCases)) {
    const plan = make();
    const text = printExplanation(explainPlan({ plan }), look);
    t.true(text.split("\n").length <= 45, name);
    // A word that is longer is not broken.
    const long = text.split("\n").filter((line) => line.length > 100 && line.trim().includes(" ", 40));
    t.deepEqual(long, []);
  }
});

const hasControl = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

test("whatever a plan holds, nothing of it reaches the terminal or the page as markup", (t) => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      const explanation = explainPlan({ plan });
      const text = `${printExplanation(explanation, look)}\n${printOps(plan, "all", look, true)}`;
      const page = renderPlanPage("<img src=x onerror=1>", explanation, plan);
      const tags = new Set([...page.matchAll(/<\/?([a-z0-9!]+)/gi)].map(([, tag]) => tag));
      return !hasControl.test(text.replaceAll("\n", "")) && [...tags].every((tag) => known.has(tag ?? ""));
    }),
    { numRuns: 60 },
  );
  t.pass();
});

/** The elements that the page is made of. */
const known = new Set(
  "!doctype html head meta title style body main h1 h2 h3 p dl dt dd ul li a details summary span code".split(" "),
);

test("hostile names stay text on the page", (t) => {
  const change: Change = {
    process: { args: ["<script>alert(1)</script>", '"><img src=x>', "\u202e'"] },
    mount: { destination: "/<b>", type: "tmpfs", source: "x", options: [] },
  };
  const { plan } = made(change);
  const page = renderPlanPage("x", explainPlan({ plan }), plan);
  t.false(/<script|<img|<b>|\u202e/.test(page));
  t.true(page.includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
});
