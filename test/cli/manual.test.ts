// What people read about the command line: docs/cli.md, the man pages, and --help have every verb and flag of the table.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { FaceName, Flags } from "../../packages/cli/src/table/flag.ts";
import { flagsOf } from "../../packages/cli/src/table/flag.ts";
import { globalFlags } from "../../packages/cli/src/table/groups.ts";
import { verbOf, verbsOf } from "../../packages/cli/src/table/verbs.ts";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";

const read = (path: string): string => readFileSync(join(repository, path), "utf8");

/** The flags that are shown. */
const shown = (flags: Flags, face: FaceName): readonly string[] =>
  Object.entries(flagsOf(flags, face))
    .filter(([, { hidden }]) => !hidden)
    .map(([name]) => name);

const escapeRoff = (text: string): string => text.replaceAll("-", "\\-");

/** The part of a text between two lines that begin with a mark. */
function part(text: string, start: string, end: RegExp): string {
  const [, after = ""] = text.split(`\n${start}`, 2);
  return after.split(end)[0] ?? "";
}

test("docs/cli.md describes every verb with its flags", (t) => {
  const text = read("docs/cli.md");
  const globals = part(text, "## Global flags", /^## /m);
  for (const flag of shown(globalFlags, "coffer")) t.true(globals.includes(`| \`--${flag}\``), flag);
  for (const verb of verbsOf("coffer")) {
    const section = part(text, `### \`${verb}\`\n`, /^###? /m);
    t.regex(section, /\w/, verb);
    for (const flag of shown(verbOf(verb).flags, "coffer"))
      t.true(section.includes(`\`--${flag}\``), `${verb} --${flag}`);
  }
});

const hasPage = test.macro({
  exec(t, page: string, face: FaceName) {
    const text = read(page);
    const globals = part(text, ".SH GLOBAL FLAGS", /^\.SH/m);
    for (const flag of shown(globalFlags, face)) t.true(globals.includes(`\\fB\\-\\-${escapeRoff(flag)}\\fR`), flag);
    for (const verb of verbsOf(face)) {
      const [, section = ""] = new RegExp(`^\\.SS ${verb}\\b(.*?)(?=^\\.S[SH])`, "ms").exec(text) ?? [];
      t.regex(section, /\w/, verb);
      for (const flag of shown(verbOf(verb).flags, face))
        t.true(section.includes(`\\-\\-${escapeRoff(flag)}\\fR`), `${verb} --${flag}`);
    }
  },
  title: (_, page: string) => `${page} describes every verb with its flags`,
});

test(hasPage, "man/coffer.1", "coffer");
test(hasPage, "man/coffer-oci.8", "coffer-oci");

for (const page of ["man/coffer.1", "man/coffer-oci.8"]) {
  const path = join(repository, page);

  test(`${page} has no fault for mandoc`, async (t) => {
    if (!(await needs(t, "mandoc"))) return;
    const { stdout, stderr, exitCode } = await command(["mandoc", "-T", "lint", "-W", "style", path]);
    t.deepEqual({ stdout, stderr, exitCode }, { stdout: "", stderr: "", exitCode: 0 });
  });

  test(`${page} has no fault for groff and man`, async (t) => {
    if (!(await needs(t, "groff"))) return;
    for (const argv of [
      ["groff", "-ww", "-man", "-Tutf8", "-z", path],
      ["man", "--warnings", "-l", path],
    ]) {
      const { stderr, exitCode } = await command(argv, { env: { MANPAGER: "cat", MANWIDTH: "80" } });
      t.deepEqual({ stderr, exitCode }, { stderr: "", exitCode: 0 }, argv.join(" "));
    }
  });
}

test.serial("--help of every verb names its flags", async (t) => {
  for (const verb of verbsOf("coffer")) {
    const { stdout } = await command([...cofferArgv(), verb, "--help"]);
    for (const flag of shown({ ...globalFlags, ...verbOf(verb).flags }, "coffer"))
      t.true(stdout.includes(`--${flag}`), `${verb} --${flag}`);
  }
});
