// The words in which the groups of the catalogue are written.
import { ownIds } from "../../helpers/config.ts";
import type { Json, Patch } from "../../helpers/json.ts";
import type { Attempt, Show } from "../matrix/types.ts";

/** Every runtime is put through it. */
export const tried = (attempt: Attempt): Show => ({ how: "attempt", attempt });
/** Shown by a race of ../races.ts. */
export const raced = (race: string): Show => ({ how: "race", race });
/** Shown by a test that exists for another reason too. */
export const shown = (file: string, title: string): Show => ({ how: "test", file, title });
export const impossible = (why: string): Show => ({ how: "impossible", why });
export const notApplicable = (why: string): Show => ({ how: "not applicable", why });
/** Shown on another machine; without a test, not yet. */
export const guest = (why: string, ...[file, title]: readonly string[]): Show =>
  file === undefined || title === undefined ? { how: "guest", why } : { how: "guest", why, file, title };

/** A bind mount, of CANARY where nothing else is said. */
export const bindAt = (destination: string, source = "$BASE/canary", ...options: readonly string[]): Json => ({
  destination,
  type: "bind",
  source,
  options: ["bind", ...options],
});

/** One mount more, in a root that can be written to. */
export const withMount = (mount: Json): Patch => ({ "/root/readonly": false, "/mounts/-": mount });

/** The program: the probe with these words. */
export const probes = (...words: readonly string[]): Patch => ({ "/process/args": ["/probe", ...words] });

/** The image's own /dev, from the host's side: `$BASE/dev`. */
export const ownDev: Patch = { "/mounts/1": bindAt("/dev", "$BASE/dev"), "/mounts/2": undefined };

/** A user namespace of 1000 ids. */
export const userns: Patch = {
  "/linux/namespaces": ["pid", "network", "ipc", "uts", "mount", "cgroup", "user"].map((type) => ({ type })),
  "/linux/uidMappings": ownIds(1000),
  "/linux/gidMappings": ownIds(1000),
};

/** Every set but the ambient and inheritable ones. */
export const withCaps = (...names: readonly string[]): Patch => ({
  "/process/capabilities": { bounding: names, effective: names, permitted: names },
});

export const sleeper: Patch = probes("sleep", "1000");

export const apparmor = "test/vm/apparmor.test.ts";
export const selinux = "test/vm/selinux.test.ts";
export const label = "helper-c/init/label.c";
export const paths = "helper-c/sys/path.c";
export const tree = "helper-c/init/tree.c";
export const escapes = "test/defence/escape-rows.ts";
