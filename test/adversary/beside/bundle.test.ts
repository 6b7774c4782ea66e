// Another user owns the parent of a bundle, and exchanges the bundle for another. No container is made of parts of both.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { needs } from "../../helpers/needs.ts";
import { attack, isWhole } from "./attack.ts";
import { commandOf } from "./calls.ts";
import type { Field } from "./field.ts";
import { copyBundle, leftOf, makeField } from "./field.ts";
import type { Caller, Ended } from "./types.ts";

const runs = isWhole ? 200 : 12;

/** Two bundles whose programs say which config, root directory and bind source they have. */
function makePair(field: Field): readonly [string, string] {
  const pair = [join(field.parent, "one"), join(field.parent, "two")] as const;
  for (const [index, path] of pair.entries()) {
    const mark = index === 0 ? "one" : "two";
    mkdirSync(path);
    const bundle = join(path, "bundle");
    copyBundle(field, bundle, mark);
    copyFileSync("/bin/busybox", join(bundle, "rootfs/sh"));
    const config = JSON.parse(readFileSync(join(bundle, "config.json"), "utf8"));
    config.process.args = ["/sh", "-c", `read a < /mark; read b < /mnt/mark; echo config-${mark} $a $b`];
    config.mounts.push({ destination: "/mnt", type: "bind", source: "data", options: ["bind", "ro"] });
    writeFileSync(join(bundle, "config.json"), JSON.stringify(config));
  }
  return pair;
}

/** The words that call `run` from a directory. */
const places: Readonly<Record<string, (one: string) => { readonly cwd: string; readonly bundle: string }>> = {
  "an absolute path": (one) => ({ cwd: "/", bundle: join(one, "bundle") }),
  "a relative path": (one) => ({ cwd: one, bundle: "bundle" }),
  "the working directory": (one) => ({ cwd: join(one, "bundle"), bundle: "." }),
};

const isWhollyOf = (mark: string, text: string): boolean => text === `config-${mark} rootfs-${mark} data-${mark}\n`;

const isOne = test.macro({
  exec: async (t: ExecutionContext, as: Caller, place: string) => {
    t.timeout(600_000);
    if (!(await needs(t, "root", "user", "userns", "busybox"))) return;
    const field = makeField(t, as);
    const pair = makePair(field);
    const { cwd, bundle } = places[place]?.(pair[0]) ?? { cwd: "/", bundle: "" };
    const wrong = ({ status, text }: Ended): string | undefined =>
      status !== 0 || isWhollyOf("one", text) || (place !== "the working directory" && isWhollyOf("two", text))
        ? undefined
        : "the container is of another bundle, or of two";
    const argv = commandOf(field, "run", { args: ["--bundle", bundle, "$ID"] });
    const names = /its name leads to something else|on the way to it, belongs to user 23456/;
    const attacker = `exchanges the bundle: ${place}`;
    const lost = await attack(t, field, {
      attacker,
      rights: "owns the parent",
      verb: "run",
      as,
      runs,
      argv,
      race: pair,
      cwd,
      wrong,
      names,
    });
    t.deepEqual([...lost, ...leftOf(field)], []);
  },
  title: (_provided, as: Caller, place: string) =>
    `run of ${as} takes a bundle whole, whose parent is another user's: ${place}`,
});

for (const as of ["root", "user"] as const) for (const place of Object.keys(places)) test.serial(isOne, as, place);

test.serial("a relative source of an ordinary user is bound where nobody else may exchange it", async (t) => {
  if (!(await needs(t, "root", "user", "userns", "busybox"))) return;
  const field = makeField(t, "user");
  const [one] = makePair(field);
  const own = join(field.base, "own");
  execFileSync("cp", ["-a", join(one, "bundle"), own]);
  const argv = commandOf(field, "run", { args: ["--bundle", own, "$ID"] });
  const wrong = ({ text }: Ended): string | undefined => (isWhollyOf("one", text) ? undefined : "it does not run");
  const lost = await attack(t, field, {
    attacker: "nobody",
    rights: "none",
    verb: "run",
    as: "user",
    runs: 1,
    argv,
    wrong,
  });
  t.deepEqual(lost, []);
});
