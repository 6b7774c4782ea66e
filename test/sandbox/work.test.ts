// Real work in a sandbox, as root and as an ordinary user, without a network.
import { join } from "node:path";
import { repository } from "../helpers/build.ts";
import type { Row } from "./table.ts";
import { declare } from "./table.ts";

const modules = join(repository, "node_modules");
const dependency = `mkdir ../beside/dep; cd ../beside/dep; echo '{"name":"dep","version":"1.0.0"}' > package.json
echo 'module.exports = 7' > index.js; tar czf ../dep.tgz --transform s,^,package/, package.json index.js; cd DIR
echo '{"name":"app","version":"1.0.0","dependencies":{"dep":"file:../beside/dep.tgz"},"scripts":{"test":"node main.js"}}' > package.json
echo 'console.log(require("dep"))' > main.js
npm install --offline --no-audit --no-fund --loglevel error >/dev/null; rm -rf node_modules`;

const rows: readonly Row[] = [
  {
    title: "npm ci installs from what is there, and npm test runs it",
    prepare: dependency,
    flags: ["--rw", "--read", "BESIDE/dep.tgz"],
    script: "npm ci --offline --no-audit --no-fund --loglevel error >/dev/null && npm test --silent",
    stdout: /^7\n$/,
  },
  {
    title: "npm does not look for a newer npm",
    prepare: `echo '{"name":"app","version":"1.0.0","scripts":{"test":"npm config get update-notifier"}}' > package.json`,
    script: "npm test --silent",
    stdout: /^false\n$/,
  },
  {
    title: "npm ci without what it needs fails, and leaves the project as it was",
    prepare: dependency,
    flags: ["--rw"],
    script: "npm ci --offline --no-audit --no-fund --loglevel error >/dev/null 2>&1; ls",
    stdout: /^config.json\nmain.js\npackage-lock.json\npackage.json\nrootfs\n$/,
  },
  {
    title: "tsc compiles",
    prepare: "echo 'export const answer: number = 7; console.log(answer);' > a.ts; mkdir out",
    flags: ["--write", "out", "--read", modules],
    script: `${modules}/.bin/tsc --outDir out --module nodenext --target es2022 --noLib false a.ts && node out/a.js`,
    stdout: /^7\n$/,
  },
  {
    title: "python makes an environment, and runs in it",
    flags: ["--rw"],
    script:
      "python3 -m venv --without-pip env && env/bin/python -c 'import ssl, sqlite3, getpass; print(getpass.getuser())' >/dev/null && echo made",
    stdout: /^made\n$/,
  },
  {
    title: "a C program is built by make",
    prepare: "printf 'int main(void) { return 7; }\\n' > a.c; printf 'a: a.c\\n\\tcc -o a a.c\\n' > Makefile",
    flags: ["--rw"],
    script: "make -s && ./a",
    stdout: /^$/,
    exitCode: 7,
  },
  {
    title: "git commits, while hooks and settings stay as they are",
    prepare: "git init -q . && git config user.email me@example.org && git config user.name me",
    flags: ["--rw"],
    script: `git add config.json && git commit -qm one && git commit -q --amend -m two && git log --oneline | wc -l
(echo x > .git/hooks/pre-commit) 2>/dev/null; git config core.hooksPath /tmp 2>/dev/null; mv .git moved 2>/dev/null
git config core.hooksPath; echo $?; ls .git/hooks | grep -cx pre-commit`,
    stdout: /^1\n1\n0\n$/,
    stderr: /^coffer: denied: write \S+\/\.git\/config: guarded: [^\n]*\n$/,
    exitCode: 1,
  },
  {
    title: "1 GB goes through a pipe",
    script: "head -c 1G /dev/zero | wc -c",
    stdout: /^1073741824\n$/,
  },
];

declare(rows);
