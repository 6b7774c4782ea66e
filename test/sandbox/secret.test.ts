// --secret: the flag's words, and that the value is nowhere but in the caller.
import test from "ava";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";

const value = "hush-hush-hush";

test.serial("a command has a placeholder, and the value is in no plan, no record and no message", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t);
  const env = { MINE: value };
  const coffer = (verb: string, ...words: readonly string[]) =>
    command([...cofferArgv(), "--root", box.state, verb, ...words], { cwd: box.path, env });
  const secret = ["--tools", "none", "--secret", "TOKEN=env:MINE@api.example.org"] as const;
  const script = `env; cat ${box.state}/*/* 2>/dev/null; grep -c BEGIN "$SSL_CERT_FILE"; exit 3`;
  const ran = await coffer("sandbox", ...secret, "--name", "one", "--", "sh", "-c", script);
  t.is(ran.exitCode, 3, ran.stderr);
  t.regex(ran.stdout, /^TOKEN=coffer-secret-[0-9a-f]{16}$/m);
  t.regex(ran.stdout, /^[1-9]\d*$/m);
  const plan = await coffer("plan", "sandbox", ...secret, "--", "true");
  const audit = await coffer("audit", "sandbox", ...secret, "--fail-on", "critical", "--", "true");
  t.regex(audit.stdout, /secrets are added to requests to api\.example\.org:443/);
  const reduced = await coffer("sandbox", "--reduced", ...secret, "--", "true");
  t.is(reduced.exitCode, 125);
  t.regex(reduced.stderr, /cannot have a secret/);
  for (const words of [
    ["TOKEN=hush-hush"],
    ["TOKEN=env:NONE@a.org"],
    ["TOKEN=env:MINE@*.a.org"],
    ["=env:MINE@a.org"],
    ["TOKEN=env:MINE@a.org#"],
    ["TOKEN=env:MINE@a.org#A B"],
  ]) {
    const refused = await coffer("sandbox", "--secret", ...words, "--", "true");
    t.is(refused.exitCode, 125, words[0]);
    t.false(refused.stderr.includes(value));
  }
  for (const { stdout, stderr } of [ran, plan, audit]) t.false(`${stdout}${stderr}`.includes(value));
  await nothingLeft(t, box, box.before);
});
