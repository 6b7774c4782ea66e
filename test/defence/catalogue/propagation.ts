// A clone of a shared mount is its peer, until it is made private or slave: in every shape that a config can ask for.
import type { Json, Patch } from "../../helpers/json.ts";
import { firstLine, refusal } from "../matrix/seen.ts";
import type { Attempt, Row } from "../matrix/types.ts";
import { bindAt, probes, sleeper, tree, tried, userns, withCaps } from "./words.ts";

/** The host's mounts are shared. What they are before and after is compared there, in the same namespace. */
const share = "mount --bind $BASE/vol $BASE/vol; mount --make-rshared /; set +e";

const compare =
  'cat /proc/self/mountinfo >"$0/before"; "$@"; code=$?; cat /proc/self/mountinfo >"$0/after"; cmp -s "$0/before" "$0/after" || { echo LEAKED; diff "$0/before" "$0/after" | sed -n "s/^> //p" | cut -d" " -f5; }; exit $code';

/** The container mounts on a directory of the bind; the runtime mounts its own. None may appear on the host. */
const staysInside: Attempt["observe"] = async (stage) => {
  const outcome = await stage.run({ prefix: ["sh", "-c", compare, stage.bundle.base] });
  const leaked = /LEAKED\n([^\n]*)/.exec(outcome.stdout);
  if (leaked !== null) return { failed: `appears on the host: ${leaked[1]?.replaceAll(stage.bundle.base, "$BASE")}` };
  if (outcome.exitCode !== 0) return refusal(outcome);
  return /^ok/m.test(outcome.stdout) ? "ran" : { failed: firstLine(outcome) };
};

/** What the config itself shares is a peer: the mount on a directory of the bind appears on the host, and no other. */
const thatAlone: Attempt["observe"] = async (stage) => {
  const outcome = await stage.run({ prefix: ["sh", "-c", compare, stage.bundle.base] });
  if (!outcome.stdout.includes("LEAKED"))
    return outcome.exitCode === 0 ? { failed: "nothing appears" } : refusal(outcome);
  const [, ...leaked] = outcome.stdout.slice(outcome.stdout.indexOf("LEAKED")).trim().split("\n");
  const others = leaked.filter((path) => path !== `${stage.bundle.base}/vol/in`);
  return others.length === 0 ? "ran" : { failed: `appears on the host: ${others.length} others` };
};

type Shape = readonly [name: string, patch: Patch, control?: string];

const bind = (...options: readonly string[]): Json => bindAt("/mnt", "$BASE/vol", ...options);
const rooted = (propagation: string): Patch => ({ "/linux/rootfsPropagation": propagation, "/mounts/-": bind() });
const bound = (...options: readonly string[]): Patch => ({ "/mounts/-": bind(...options) });

/** Where a mount beneath / stays shared. */
const shallow = "the word is applied to / alone, not to the mounts beneath it";

const shapes: readonly Shape[] = [
  ["nothing is said", bound()],
  ["a recursive bind", bound("rbind")],
  ...["private", "slave", "unbindable", "shared", "rshared", "rprivate", "rslave"].map(
    (word): Shape => [`rootfsPropagation ${word}`, rooted(word), shallow],
  ),
  ...["private", "rprivate", "slave", "rslave", "unbindable", "runbindable", "shared", "rshared"].map(
    (word): Shape => [`a ${word} bind`, bound("rbind", word)],
  ),
  ["a rshared bind in a user namespace", { ...userns, ...bound("rbind", "rshared") }],
  ["rootfsPropagation rshared in a user namespace", { ...userns, ...rooted("rshared") }, shallow],
];

/** The container runs; then the host mounts something in the source of the bind. Does it appear inside? */
const hostMountsLater =
  '"$@" || exit; mount -t tmpfs late "$0/vol/in"; grep -q " /mnt/in .* late " /proc/$(cat "$0/pid")/mountinfo && echo ARRIVED';

const arrives =
  (wanted: boolean): Attempt["observe"] =>
  async (stage) => {
    const { base, path, tag } = stage.bundle;
    const prefix = ["sh", "-c", hostMountsLater, base];
    const outcome = await stage.verb("run", ["--detach", "--pid-file", `${base}/pid`, "--bundle", path, tag], {
      prefix,
    });
    if (outcome.stderr !== "") return refusal(outcome);
    if (outcome.stdout.includes("ARRIVED") === wanted) return "ran";
    return { failed: wanted ? "a mount of the host does not arrive" : "a mount of the host arrives" };
  };

/** From the host to the container: to a slave, and to nothing else. */
const later: readonly (readonly [word: string, arrives: boolean])[] = [
  ["rprivate", false],
  ["rslave", true],
];

const laterRows = later.map(
  ([word, wanted]): Row => ({
    id: `propagation (youki: rslave): what the host mounts later, with ${word}`,
    cause: "the word is applied to some of the mounts, or to none",
    rules: ["R3"],
    by: ["helper-c/sys/shared-ops.c", "packages/core/src/plan/tree/bind.ts"],
    show: tried({
      patch: { ...sleeper, ...bound("rbind", word) },
      before: "mkdir -p vol/in",
      place: share,
      observe: arrives(wanted),
    }),
  }),
);

const shapeRows: readonly Row[] = shapes.map(([name, patch, control]) => ({
  id: `propagation (runc #4417, crun 1.27.1): ${name}`,
  cause: "a clone of a shared mount is its peer: what is mounted inside appears on the host",
  rules: ["R3"],
  by: ["helper-c/sys/shared-ops.c", "packages/core/src/plan/tree/bind.ts", tree],
  show: tried({
    patch: { ...withCaps("CAP_SYS_ADMIN"), ...probes("mount", "tmpfs", "/mnt/in"), ...patch },
    before: "mkdir -p vol/in",
    place: share,
    observe: staysInside,
  }),
  ...(control === undefined ? {} : { control }),
}));

const sharedRow: Row = {
  id: "propagation (Kubernetes: Bidirectional): a shared bind under a shared root",
  cause: "more than the bind that the config shares becomes a peer of the host's",
  rules: ["R3"],
  by: ["packages/core/src/plan/tree/bind.ts", "helper-c/plan/verify/slots.c"],
  show: tried({
    patch: {
      ...withCaps("CAP_SYS_ADMIN"),
      ...probes("mount", "tmpfs", "/mnt/in"),
      ...bound("rbind", "rshared"),
      "/linux/rootfsPropagation": "rshared",
    },
    before: "mkdir -p vol/in",
    place: share,
    observe: thatAlone,
  }),
};

/** One row a shape, those of the other way, and the one that is shared. */
export const propagationRows: readonly Row[] = [...shapeRows, ...laterRows, sharedRow];
