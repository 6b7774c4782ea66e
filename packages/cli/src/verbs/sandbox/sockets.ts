// `--socket`: one unix socket of the host, with the variables of the caller that name it.
import type { Runtime } from "@coffer/core";
import { toAbsolute } from "@coffer/core/verbs";
import { UsageError } from "../../parse/flags.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** What a variable has to be inside so that it names a socket; undefined if it names another, or none. */
function namesIt(env: Env, name: string, path: string): string | undefined {
  const value = env[name] ?? "";
  if ([path, `unix://${path}`, `unix:${path}`, `unix:path=${path}`].includes(value)) return value;
  // gpg-agent and D-Bus say more behind the path.
  if (value.startsWith(`${path}:`) || value.startsWith(`unix:path=${path},`)) return value;
  if (name === "WAYLAND_DISPLAY" && `${env.XDG_RUNTIME_DIR ?? ""}/${value}` === path) return path;
  const [, screen] = /^:(\d+)(?:\.\d+)?$/.exec(value) ?? [];
  return name === "DISPLAY" && screen !== undefined && path === `/tmp/.X11-unix/X${screen}` ? value : undefined;
}

function isSocket({ system }: Runtime, path: string): boolean {
  try {
    return system.findStat(path)?.kind === "socket";
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--socket: ${JSON.stringify(path)} cannot be looked up: ${why}: name one that you can reach`);
  }
}

/** Sockets as paths to show, and the variables that name them. */
export function socketsOf(runtime: Runtime, words: readonly string[], reduced: boolean) {
  const { env } = runtime.system.caller;
  if (reduced && words.length > 0)
    throw new UsageError("--socket: a sandbox of --reduced has no sockets: leave one of the two away");
  const paths = words.map((word) => toAbsolute(runtime.system, word));
  const at = paths.findIndex((path) => !isSocket(runtime, path));
  if (at >= 0)
    throw new UsageError(`--socket: ${JSON.stringify(words[at])} is no unix socket: --read shows other files`);
  const named = Object.keys(env).flatMap((name) =>
    paths.flatMap((path) => {
      const value = namesIt(env, name, path);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  return { paths, env: Object.fromEntries(named) };
}
