// Cells about bundles: another user exchanges the bundle while it is read.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import type { Build } from "../../defence/matrix/types.ts";
import type { RuntimeName } from "../../helpers/peers/runtimes.ts";
import { attack, isWhole } from "./attack.ts";
import { calls, commandOf } from "./calls.ts";
import type { Field } from "./field.ts";
import { copyBundle, leftOf, makeField } from "./field.ts";
import type { Caller, Ended } from "./types.ts";

/** Two bundles whose programs say which config, root directory and bind source they have. */
export function makePair(field: Field): readonly [string, string] {
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
export const places: Readonly<Record<string, (one: string) => { readonly cwd: string; readonly bundle: string }>> = {
  "an absolute path": (one) => ({ cwd: "/", bundle: join(one, "bundle") }),
  "a relative path": (one) => ({ cwd: one, bundle: "bundle" }),
  "the working directory": (one) => ({ cwd: join(one, "bundle"), bundle: "." }),
};

export const isWhollyOf = (mark: string, text: string): boolean =>
  text === `config-${mark} rootfs-${mark} data-${mark}\n`;

/** Runs a bundle while it is exchanged for another. Tells what was lost. */
export async function meetBundles(
  t: ExecutionContext,
  as: Caller,
  place: string,
  build: Build = {},
  runtime: RuntimeName = "coffer",
): Promise<readonly string[]> {
  const field = makeField(t, as, {}, build, runtime);
  const race = makePair(field);
  const { cwd, bundle } = places[place]?.(race[0]) ?? { cwd: "/", bundle: "" };
  const wrong = ({ status, text }: Ended): string | undefined =>
    status !== 0 || isWhollyOf("one", text) || (place !== "the working directory" && isWhollyOf("two", text))
      ? undefined
      : "the container is of another bundle, or of two";
  const lost = await attack(t, field, {
    attacker: `exchanges the bundle: ${place}`,
    rights: "owns the parent",
    verb: "run",
    as,
    runs: isWhole && build.nodeArguments === undefined ? 200 : 12,
    argv: commandOf(field, "run", calls.run, ["--bundle", bundle, "$ID"]),
    race,
    cwd,
    wrong,
    names: /its name leads to something else|on the way to it, belongs to user 23456/,
  });
  return [...lost, ...(await leftOf(field))];
}
