// Programs that need something of the host, or of the kernel, that a sandbox keeps from them: it is named, and they work.
import { existsSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { findBrowser } from "../../scripts/site/browser.mjs";
import { command, until } from "../helpers/command.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser } from "../helpers/user.ts";
import { makePlace, sandboxIn } from "./table.ts";

test.serial("an agent's keys are used where its socket is named, and not elsewhere", async (t) => {
  if (!(await needs(t, "root", "user", "userns", "ssh"))) return;
  const { box, env } = await makePlace(t, "user");
  const socket = join(box.base, "run", "agent");
  const asCaller = (...words: readonly string[]) =>
    command([...asUser, ...words], { cwd: box.path, env: { ...env, SSH_AUTH_SOCK: socket } });
  const { stdout: said } = await asCaller("ssh-agent", "-a", socket);
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(said)?.[1]);
  await asCaller("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "of-the-caller", "-f", "../run/key");
  t.is((await asCaller("ssh-add", "../run/key")).exitCode, 0);
  const lists = (...words: readonly string[]) =>
    sandboxIn(box, "user", ["--tools", "none", ...words, "--", "ssh-add", "-l"], { ...env, SSH_AUTH_SOCK: socket });
  t.regex((await lists()).stderr, /Could not open a connection to your authentication agent/);
  // The variable alone leads nowhere, and a directory around the socket does not name the socket.
  t.regex((await lists("--env", "SSH_AUTH_SOCK")).stderr, /No such file or directory|Connection refused/);
  t.is((await lists("--env", "SSH_AUTH_SOCK", "--read", join(box.base, "run"))).exitCode, 2);
  const { exitCode, stdout, stderr } = await lists("--env", "SSH_AUTH_SOCK", "--read", socket);
  const { stdout: by } = await lists("--socket", socket);
  t.is(by, stdout);
  process.kill(pid);
  await until("the agent has ended", () => !existsSync(socket));
  t.regex(stdout, /of-the-caller \(ED25519\)/, stderr);
  t.is(exitCode, 0);
  await nothingLeft(t, box, box.before);
});

test.serial("go builds without a network", async (t) => {
  if (!(await needs(t, "root", "user", "userns", "go"))) return;
  const prepare = "printf 'module m\\n' > go.mod; printf 'package main\\nfunc main() { println(6 * 7) }\\n' > main.go";
  const { box, env } = await makePlace(t, "user", prepare);
  const { stderr, exitCode } = await sandboxIn(box, "user", ["--rw", "--", "sh", "-c", "go build -o m . && ./m"], env);
  t.is(stderr, "42\n");
  t.is(exitCode, 0);
  await nothingLeft(t, box, box.before);
});

test.serial("a browser keeps its own pages apart where the filter is given up, which the audit says", async (t) => {
  const browser = findBrowser();
  if (!(await needs(t, "root", "user", "userns", "chromium")) || browser === undefined) return;
  const { box, env } = await makePlace(t, "user", "echo '<p>made by a page</p>' > page.html");
  const words = ["--profile", "browser", "--tools", "none"];
  const page = [browser, "--headless", "--disable-gpu", "--dump-dom", `file://${box.path}/page.html`];
  const kept = await sandboxIn(box, "user", [...words, "--", ...page], env);
  t.notRegex(kept.stdout, /made by a page/);
  t.regex(kept.stderr, /No usable sandbox/);
  const given = await sandboxIn(box, "user", [...words, "--unsafe-no-seccomp", "--", ...page], env);
  t.regex(given.stdout, /<p>made by a page<\/p>/, given.stderr);
  const shown = [...asUser, ...cofferArgv(), "audit", "sandbox", ...words, "--unsafe-no-seccomp", "--", ...page];
  t.regex((await command(shown, { cwd: box.path, env })).stdout, /no-seccomp|there is no filter/);
  await nothingLeft(t, box, box.before);
});
