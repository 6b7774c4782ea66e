// A cell that can never be lost shows nothing: with each weakened front those that are named are lost.
import { existsSync, readFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { VerbName } from "../../../packages/cli/src/table/verbs.ts";
import type { Build } from "../../defence/matrix/types.ts";
import { buildWeakened, checkEdits } from "../../defence/matrix/weaken.ts";
import type { Edit } from "../../defence/weakened.ts";
import { needs } from "../../helpers/needs.ts";
import { isWhole } from "./attack.ts";
import { meetBundles } from "./bundle-cells.ts";
import { meetCondition } from "./condition-cells.ts";
import { conditions } from "./conditions.ts";
import { oddities } from "./oddities.ts";
import { cases, meetExchange, meetOddities } from "./path-cells.ts";
import { duePage, pageFile } from "./record.ts";
import type { Caller } from "./types.ts";

/** A cell: what attacks, and what is called. */
type Red = (t: ExecutionContext, build: Build) => Promise<readonly string[]>;

const caseOf = (verb: VerbName, flag: string, as: Caller = "root") => {
  const found = cases.find((one) => one.verb === verb && one.row.flag === flag && one.as === as);
  if (found === undefined) throw new Error(`${verb} has no ${flag}`);
  return found;
};

const exchange =
  (how: string, verb: VerbName, flag: string): Red =>
  (t, build) =>
    meetExchange(t, how, caseOf(verb, flag), build);
const oddity =
  (what: string, verb: VerbName, flag: string): Red =>
  (t, build) =>
    meetOddities(
      t,
      caseOf(verb, flag),
      oddities.filter((one) => one.what === what),
      build,
    );
const condition =
  (attacker: string, verb: VerbName): Red =>
  async (t, build) => {
    const found = conditions.find((one) => one.attacker === attacker);
    if (found === undefined) throw new Error(`there is no condition ${attacker}`);
    return meetCondition(t, found, "root", [verb], build);
  };

type Weakened = { readonly name: string; readonly edits: readonly Edit[]; readonly red: readonly Red[] };

const core = (file: string): string => `packages/core/src/${file}`;
const cli = (file: string): string => `packages/cli/src/${file}`;

const weakened: readonly Weakened[] = [
  {
    name: "exchanges: the root directory of a bundle is looked up by its path",
    edits: [
      {
        file: core("runtime/launch/prepare.ts"),
        from: 'return { name: "rootfs", fd: root.fd, known: root.path };',
        to: 'return { name: "rootfs", path: root.path };',
      },
    ],
    red: [(t, build) => meetBundles(t, "root", "an absolute path", build)],
  },
  {
    name: "exchanges: links of other users are followed",
    edits: [{ file: core("system/node/files/hold.ts"), from: "&& !isTrusted(stat.uid)", to: "&& stat.uid < 0" }],
    red: [
      exchange("exchanges the parent for a link", "run", "--pid-file"),
      exchange("exchanges the parent for a link", "state", "--log"),
    ],
  },
  {
    name: "odd files: reading waits for whoever has a FIFO",
    edits: [
      {
        file: core("system/node/files/named.ts"),
        from: "O_RDONLY | O_NOCTTY | O_NONBLOCK)",
        to: "O_RDONLY | O_NOCTTY)",
      },
    ],
    red: [oddity("a FIFO that is held", "audit", "--policy")],
  },
  {
    name: "environment: programs are looked for in the caller's PATH",
    edits: [
      {
        file: core("system/node/launch/capture.ts"),
        from: "for (const directory of directories) {",
        to: 'for (const directory of (process.env.PATH ?? "").split(":")) {',
      },
    ],
    red: [condition("PATH with programs of another user", "ps")],
  },
  {
    name: "project: a file of the working directory is loaded",
    edits: [
      {
        file: cli("load-verb.ts"),
        from: "  startCompileCache();\n",
        to: "  startCompileCache();\n  void import(process.cwd() + '/coffer.config.cjs').catch(() => {});\n",
      },
    ],
    red: [condition("a project directory that loads itself", "run")],
  },
  {
    name: "streams: an output that cannot be written is not told",
    edits: [
      {
        file: cli("output/write-errors.ts"),
        from: 'if (error.code === "EPIPE") return;',
        to: 'if (error.code === "EPIPE") return;\n    process.exit(1);',
      },
    ],
    red: [condition("a full device as standard output", "state")],
  },
  {
    name: "limits: an error has as many lines as its text",
    edits: [
      {
        file: cli("output/one-line.ts"),
        from: 'return escapeControl(text.replaceAll("\\n", " "));',
        to: 'return text.replaceAll(" ", "\\n");',
      },
    ],
    red: [condition("24 descriptors", "run")],
  },
  {
    name: "names: paths are as Node reads them",
    edits: [
      {
        file: core("system/node/text.ts"),
        from: "  if (isUtf8(text)) return text;",
        to: '  if (text !== "") return text;',
      },
    ],
    red: [condition("a working directory that is not UTF-8", "sandbox")],
  },
  {
    name: "machine: tables have a largest size",
    edits: [
      {
        file: core("system/node/files/lines.ts"),
        from: "const maxTable = 1024 * 1024 * 1024;",
        to: "const maxTable = 4096;",
      },
    ],
    red: [condition("10,000 mounts", "run")],
  },
];

const isNoticed = test.macro({
  exec: async (t: ExecutionContext, { edits, red }: Weakened) => {
    t.timeout(600_000);
    checkEdits(edits);
    if (!isWhole) {
      t.pass();
      return;
    }
    if (!(await needs(t, "root", "user", "userns", "busybox"))) return;
    const build = buildWeakened(edits);
    for (const cell of red) {
      const lost = await cell(t, build);
      t.log(lost[0]?.slice(0, 200));
      t.true(lost.length > 0, "the cell holds all the same");
    }
  },
  title: (_provided, { name }: Weakened) => `lost with a weakened front: ${name}`,
});

for (const one of weakened) test.serial(isNoticed, one);

test("docs/security/adversary-beside.md is what the record says", (t) => {
  const due = duePage();
  t.is(existsSync(pageFile) ? readFileSync(pageFile, "utf8") : undefined, due, "node test/adversary/beside/record.ts");
});
