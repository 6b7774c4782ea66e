// Pieces of the rows: what is asked for, as words of the shell.
import type { JsonObject } from "./protobuf.ts";

/** Enumerations of the CRI. */
export const namespace = { pod: 0, container: 1, node: 2, target: 3 } as const;
export const hostToContainer = 1;
export const bidirectional = 2;

/** A word of the shell: JSON between single quotes, in which the shell's `$TAG` and `$BASE` are put in. */
function quoted(value: JsonObject): string {
  return `'${JSON.stringify(value).replaceAll(/\$(TAG|BASE)/g, "'\"$$$1\"'")}'`;
}

/** Starts a pod. */
export function pod(more: JsonObject = {}, linux: JsonObject = {}): string {
  const metadata = { name: "p", uid: "u", namespace: "n", attempt: 0 };
  return `pod ${quoted({ metadata, hostname: "podhost", log_directory: "$BASE/logs", ...more, linux: { cgroup_parent: "/$TAG", ...linux } })}`;
}

/** What a container is made from. */
export function config(script: string, more: JsonObject, linux: JsonObject, name: string): string {
  const command = ["sh", "-c", script];
  return quoted({
    metadata: { name },
    image: { image: "localhost/box:latest" },
    command,
    log_path: `${name}.log`,
    ...more,
    linux,
  });
}

/** Starts a container that runs a script. */
export function container(script: string, more: JsonObject = {}, linux: JsonObject = {}, name = "c"): string {
  return `container ${config(script, more, linux, name)}`;
}

export const waits = 'trap "exit 0" TERM; sleep 1000 & wait';
export const serves = "httpd -f -p 80 -h /etc";
export const fetch = (host: string): string => `wget -T 5 -qO- http://${host}/group | head -1`;
const ids = [{ host_id: 200000, container_id: 0, length: 65536 }];
export const userns = { namespace_options: { userns_options: { mode: namespace.pod, uids: ids, gids: ids } } };
