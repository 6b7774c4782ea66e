// The program of a user-mode network, and who keeps it, as the host sees them.
import { readdirSync, readFileSync } from "node:fs";
import { until } from "../../helpers/command.ts";

/** What a file has; nothing if it cannot be read. */
export const textOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

/** The processes beneath one, with their names. */
function beneath(pid: number): readonly { readonly pid: number; readonly name: string; readonly parent: number }[] {
  const all = readdirSync("/proc").flatMap((entry) => {
    const [, name = "", parent = ""] = /^\d+ \((.*)\) \S (\d+)/s.exec(textOf(`/proc/${entry}/stat`)) ?? [];
    return name === "" ? [] : [{ pid: Number(entry), name, parent: Number(parent) }];
  });
  const found = [pid];
  for (const one of found) found.push(...all.filter(({ parent }) => parent === one).map((child) => child.pid));
  return all.filter((one) => found.includes(one.pid));
}

/** The stack beneath a process, who keeps it, and the launcher. */
export async function findStack(pid: number) {
  let stack: ReturnType<typeof beneath>[number] | undefined;
  await until("pasta is there", () => {
    stack = beneath(pid).find(({ name }) => name.startsWith("pasta"));
    return stack !== undefined;
  });
  const keeper = stack?.parent ?? 0;
  const launcher = Number(/^PPid:\t(\d+)$/m.exec(textOf(`/proc/${keeper}/status`))?.[1]);
  return { stack: stack?.pid ?? 0, keeper, launcher };
}
