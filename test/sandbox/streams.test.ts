// A command opens its standard streams again by name, and the caller's files stay as they are.
import test from "ava";
import { command } from "../helpers/command.ts";
import { ownIds } from "../helpers/config.ts";
import { makeBox } from "../helpers/container.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv, verbWords } from "../helpers/peers/runtimes.ts";
import { asUser } from "../helpers/user.ts";
import type { Who } from "./table.ts";
import { makePlace } from "./table.ts";

/** Runs a script of the host, in which `SANDBOX WORDS` is a sandbox. */
async function onHost(t: Parameters<typeof makePlace>[0], who: Who, script: string) {
  const { box, env } = await makePlace(t, who, "touch log; chmod 600 log; mkfifo -m 600 fifo");
  const prefix = who === "user" ? asUser : [];
  const sandbox = `${cofferArgv().join(" ")} sandbox --tools none -- sh -c`;
  const done = await command([...prefix, "sh", "-c", script.replaceAll("SANDBOX", sandbox)], { cwd: box.path, env });
  return { box, said: `${done.stdout}${done.stderr}`.replaceAll(/^.*?: (?:\d+: )?/gm, "") };
}

for (const who of ["root", "user"] satisfies readonly Who[]) {
  test.serial(`as ${who}: pipes are opened again by name`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const inside = `cat /dev/stdin; echo out > /dev/stdout; echo err > /dev/stderr; echo more >> /proc/self/fd/1; tee /dev/stderr < /dev/null`;
    const { said } = await onHost(
      t,
      who,
      `{ { echo in | SANDBOX '${inside}' | sed 's/^/1 /'; } 2>&1 1>&3 | sed 's/^/2 /' >&3; } 3>&1 | sort`,
    );
    t.is(said, "1 in\n1 more\n1 out\n2 err\n");
  });

  test.serial(`as ${who}: files, FIFOs and terminals of the caller stay as they are`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const script = `before=$(stat -c '%n %a %u' log fifo /dev/null); (cat fifo > /dev/null & SANDBOX 'echo x > /dev/stderr; echo y > /dev/null' < log > fifo 2>> log)
SANDBOX true < /dev/null > /dev/null 2> /dev/null; wait; after=$(stat -c '%n %a %u' log fifo /dev/null); [ "$before" = "$after" ] && echo same || echo "$before $after"`;
    t.is((await onHost(t, who, script)).said, "same\n");
  });
}

test.serial("as root: a pipe is opened only the way that it is open, and stays the caller's", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const inside = `for f in "cat < /dev/stdout" "cat <> /dev/stdout" "echo > /dev/stdin" "chmod 777 /dev/stdin" "chmod 777 /dev/stdout" "chown 0 /dev/stdout"
do timeout 5 sh -c "$f" 2> /dev/null && echo "$f"; done; stat -Lc "%a %u" /dev/stdin /dev/stdout`;
  const { said } = await onHost(t, "root", `echo in | SANDBOX '${inside}' | cat`);
  t.is(said, "604 65534\n602 65534\n");
});

/** Two sandboxes with the ends of one pipe, into which somebody else writes: who begins first, and when they try. */
const pipelines: readonly (readonly [title: string, first: string, second: string])[] = [
  ["the reader begins first", "sleep 0.6;", ""],
  ["the writer begins first", "", "sleep 0.6;"],
  ["both begin at once", "", ""],
];
for (const [title, first, second] of pipelines)
  test.serial(`as root: a pipe between two sandboxes is opened again by neither: ${title}`, async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    const reads = `sleep 1; exec 3>&1; timeout 1 cat /proc/self/fd/3 > /tmp/x 2> /dev/null; sed "s/^/read /" /tmp/x >&2; stat -Lc %a /proc/self/fd/3 >&2`;
    const writes = `sleep 1; { echo x > /dev/stdin; } 2> /dev/null && echo written >&2; stat -Lc %a /dev/stdin >&2; sleep 2; cat`;
    const script = `(echo secret; ${first} SANDBOX '${reads}') | (${second} SANDBOX '${writes}')`;
    const { said } = await onHost(t, "root", script);
    t.deepEqual(
      said
        .split("\n")
        .filter((line) => line !== "")
        .toSorted(),
      ["601", "601", "secret"],
    );
  });

test.serial("a container in a user namespace opens pipes again, as with runc", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const box = makeBox(t, {
    "/linux/namespaces/-": { type: "user" },
    "/linux/uidMappings": ownIds(65_536),
    "/linux/gidMappings": ownIds(65_536),
    "/process/args": ["/probe", "write", "/dev/stdout", "again"],
  });
  const words = `${verbWords("coffer", box, "run", ["--bundle", box.path, box.tag]).join(" ")} | cat`;
  const { stdout, stderr } = await command(["sh", "-c", words]);
  t.regex(stdout, /again/, stderr);
});

test.serial("`exec` in a sandbox gives no file of the caller away, and opens pipes again", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, env } = await makePlace(t, "root", "touch log; chmod 600 log");
  const name = `streams-${process.pid}`;
  const coffer = cofferArgv().join(" ");
  const script = `${coffer} sandbox --name ${name} --tools none -- sh -c 'echo on; read word' < /dev/zero | {
read on; before=$(stat -c '%a %u' log); ${coffer} exec ${name} sh -c 'echo x; echo y > /dev/null' > log
after=$(stat -c '%a %u' log); [ "$before" = "$after" ] && echo same || echo "$before $after"
${coffer} exec ${name} sh -c 'echo again > /dev/stdout' | cat; ${coffer} kill ${name} KILL; }`;
  const { stdout, stderr } = await command(["bash", "-c", script], { cwd: box.path, env });
  t.is(stdout, "same\nagain\n", stderr);
});
