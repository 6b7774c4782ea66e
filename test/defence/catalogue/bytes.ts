// Names that are not text, in groups H and I.
import { factsHold, firstLine, whileRunning } from "../matrix/seen.ts";
import type { Row } from "../matrix/types.ts";
import { probes, shown, tried } from "./words.ts";

const file = "test/defence/bytes.test.ts";
const text = "packages/core/src/system/node/text.ts";
const alone = "Coffer fails it up to commit d15156a (docs/advisories/0009-names-that-are-not-text.md)";
const named = `"$BASE/$(printf 'm\\377')"`;

/** Whoever can choose the name of something stops nobody by it. */
export const stoppedByNames: readonly Row[] = [
  {
    id: "names that are not text: a process",
    cause: "a process takes a name that is not UTF-8, and nobody can end its container",
    rules: ["R12"],
    by: [text],
    alone,
    show: tried({
      patch: probes("renamed", "sleep", "1000"),
      observe: whileRunning(async (stage) => {
        const killed = await stage.verb("kill", [stage.bundle.tag, "KILL"]);
        if (killed.exitCode !== 0) return firstLine(killed);
        const deleted = await stage.verb("delete", ["--force", stage.bundle.tag]);
        return deleted.exitCode === 0 ? undefined : firstLine(deleted);
      }),
    }),
  },
  {
    id: "names that are not text: a mount",
    cause: "any user mounts on such a name, and no container can be made",
    rules: ["R12"],
    by: ["packages/core/src/host/mountinfo.ts", text],
    alone,
    show: tried({
      patch: probes("facts"),
      place: `mkdir -p ${named}; mount -t tmpfs none ${named}`,
      observe: factsHold(() => undefined),
    }),
  },
  {
    id: "names that are not text: a user",
    cause: "a user writes its full name in another encoding, and no container can be made",
    rules: ["R12"],
    by: ["packages/core/src/host/user-name.ts", text],
    show: shown(file, "a name of a user"),
  },
  {
    id: "many mounts",
    cause: "each mount of a config is compared with each, for as long as whoever has written it likes",
    rules: ["R12"],
    by: ["packages/core/src/plan/tree/mounts.ts"],
    show: shown("packages/core/src/plan/many-mounts.test.ts", "sixteen times as many mounts"),
  },
];

/** What stands for a name stands for no other. */
export const takenForAnother: readonly Row[] = [
  {
    id: "names that are not text: the working directory",
    cause: "a path becomes that of a look-alike, which somebody else has made",
    rules: ["R1", "R10"],
    by: ["packages/core/src/system/node/caller.ts", text],
    show: shown(file, "a bundle and a state directory of the working directory are never those of a look-alike"),
  },
  {
    id: "names that are printed",
    cause: "a name makes rows of a table, or is obeyed by the terminal",
    rules: ["R10"],
    by: ["packages/spec/src/escape.ts"],
    show: shown(file, "a bundle's name makes no row, no column and nothing that a terminal obeys"),
  },
];

/** A number of a process means nothing outside of its namespace. */
export const otherNamespaces: readonly Row[] = [
  {
    id: "processes seen from another namespace",
    cause: "a running container is taken for one that has stopped, and is forgotten or ended",
    rules: ["R8"],
    by: ["packages/core/src/runtime/store/identity.ts"],
    show: shown(file, "a running container is not said to have stopped, and only --force ends it"),
  },
];
