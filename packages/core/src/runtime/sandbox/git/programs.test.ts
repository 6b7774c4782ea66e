// What of the words of settings is guarded: files that git runs or takes for settings, and nothing that they are only about.
import test from "ava";
import { makeMemorySystem } from "../../../system/memory.ts";
import { callersSettings } from "./effective.ts";
import { guardedBySetting } from "./programs.ts";

function makeHost(env: Readonly<Record<string, string>> = {}) {
  const system = makeMemorySystem(1000);
  for (const dir of ["/t", "/t/tools", "/t/tools/node", "/t/src", "/h"]) system.put(dir);
  for (const file of ["tools/a.sh", "tools/b.sh", "tools/run.js", "plain", "README.md", "with blank"])
    system.put(`/t/${file}`, "", { mode: 0o644 });
  system.put("/t/tools/x", "", { mode: 0o755 });
  return { ...system, caller: { ...system.caller, env: { HOME: "/h", ...env } } };
}

const guarded = test.macro<[key: string, value: string, expected: string]>({
  exec(t, key, value, expected) {
    const found = guardedBySetting(makeHost(), { origin: "", key, value }, ["/t"]);
    const ofTree = new Set(found.filter((path) => /^\/[th]\//.test(path)));
    t.deepEqual([...ofTree].toSorted(), expected.split(/ (?=\/)/).filter(Boolean));
  },
  title: (_, key, value) => `${key}=${value}`,
});

test(guarded, "core.hookspath", "hooks", "/t/hooks");
test(guarded, "core.hookspath", "~/hooks", "/h/hooks");
test(guarded, "init.templatedir", "/t/src", "/t/src");
test(guarded, "core.fsmonitor", "true", "");
test(guarded, "core.fsmonitor", "tools/x 2", "/t/tools/x");
test(guarded, "core.fsmonitor", "missing/x", "/t/missing/x");
test(guarded, "core.fsmonitor", "node tools/run", "/t/tools/run /t/tools/run.js");
test(guarded, "core.fsmonitor", "node ./tools/node", "/t/tools/node");
test(guarded, "core.fsmonitor", "x tools/*.sh", "/t/tools/a.sh /t/tools/b.sh /t/tools/run.js /t/tools/x");
test(guarded, "core.pager", "less -FRX", "");
test(guarded, "core.pager", "A=1 tools/x", "/t/tools/x");
test(guarded, "core.pager", "plain", "");
test(guarded, "pager.log", "sh plain", "/t/plain");
test(guarded, "core.editor", "vim -u./plain", "/t/plain");
test(guarded, "core.editor", `"with blank" x`, "/t/with blank");
test(guarded, "core.sshcommand", "ssh -F tools/config -i ~/key", "/h/key /t/tools/config");
test(guarded, "filter.x.clean", "python3 later.py %f", "/t/later.py");
test(guarded, "filter.lfs.process", "git-lfs filter-process", "");
test(guarded, "merge.x.driver", "$(git rev-parse --show-toplevel)/tools/x %O %A", "/t/tools/x");
test(guarded, "credential.https://x/y.helper", "!tools/x", "/t/tools/x");
test(guarded, "credential.helper", "store --file /t/plain", "/t/plain");
test(guarded, "gpg.ssh.allowedsignersfile", "signers", "/t/signers");
test(guarded, "gpg.program", "tools/x", "/t/tools/x");
test(guarded, "submodule.x.update", "!tools/x", "/t/tools/x");
test(guarded, "remote.x.url", "ext::tools/x %S", "/t/tools/x");
test(guarded, "remote.x.url", "../other.git", "");
test(guarded, "url.ext::tools/x %S.insteadof", "x:", "/t/tools/x");
test(guarded, "hook.x.command", "tools/x", "/t/tools/x");
test(guarded, "made.up.by.others", "tools/x", "/t/tools/x");
test(guarded, "made.up.by.others", "./src", "");
test(guarded, "http.proxy", "http://proxy.invalid:3128/x", "");
test(guarded, "alias.a", "!tools/x && cat README.md plain", "/t/tools/x");
test(guarded, "alias.a", "!cat README.md; . ./plain", "/t/plain");
test(guarded, "alias.a", "!f() { sh plain; }; f", "/t/plain");
test(guarded, "alias.a", "!cd src && ../tools/x", "/t/src/tools/x /t/tools/x");
test(guarded, "alias.a", "!cat plain; sh plain", "/t/plain");
test(guarded, "alias.a", "!cd tools && sh b.sh", "/t/b.sh /t/tools/b.sh");
test(guarded, "core.pager", "make -C src", "/t/src");
test(guarded, "alias.a", "!eslint src/ --fix", "");
test(guarded, "alias.a", "-c core.pager=tools/b.sh log -- README.md", "/t/tools/b.sh");
test(guarded, "alias.a", "log origin/main -- plain", "");
for (const key of ["core.excludesfile", "blame.ignorerevsfile", "commit.template", "mailmap.file", "user.signingkey"])
  test(guarded, key, "plain", "");

test("settings of variables are read as git reads them", (t) => {
  const env = {
    GIT_CONFIG_COUNT: "2",
    GIT_CONFIG_KEY_0: "Core.HooksPath",
    GIT_CONFIG_VALUE_0: "a b",
    GIT_CONFIG_KEY_1: "Filter.X Y.Clean",
    GIT_CONFIG_VALUE_1: "c",
    GIT_CONFIG_PARAMETERS: `'core.pager=d e' 'Core.Editor'='f'\\''g' 'core.bare'`,
    GIT_PAGER: "h",
    GIT_DIR: "/t",
  };
  t.deepEqual(
    callersSettings(makeHost(env)).settings.map(({ key, value }) => `${key}=${value}`),
    [
      "core.hookspath=a b",
      "filter.X Y.clean=c",
      "core.pager=d e",
      "core.editor=f'g",
      "core.bare=true",
      "program.git_pager=h",
    ],
  );
});

test("what is included is read whatever its condition, and once", (t) => {
  const system = makeHost({ XDG_CONFIG_HOME: "/x" });
  system.put(
    "/h/.gitconfig",
    '[include]path=.gitconfig\n[includeIf "onbranch:x"]path=one\n[include]path="~/two"\n[a]b=c',
  );
  system.put("/h/one", "[include]path=missing\n[d]e=f");
  const { settings, files } = callersSettings(system);
  t.deepEqual(
    settings.filter(({ key }) => !/^include/.test(key)).map(({ key, value }) => `${key}=${value}`),
    ["a.b=c", "d.e=f"],
  );
  for (const path of ["/etc/gitconfig", "/x/git/config", "/h/.gitconfig", "/h/one", "/h/two", "/h/missing"])
    t.true(files.includes(path));
});

test("what a setting says is read in a moment, however long it is", (t) => {
  const system = makeHost();
  const before = Date.now();
  for (const key of ["alias.a", "core.pager"])
    for (const word of ["a/b ", "sh plain;", `"`, "$(", "'x' ", "../", "-u./plain "])
      guardedBySetting(system, { origin: "", key, value: word.repeat(250_000) }, ["/t"]);
  t.true(Date.now() - before < 20_000);
});
