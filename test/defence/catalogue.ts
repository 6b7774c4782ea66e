// The catalogue: every known class of weakness that concerns a runtime, what keeps it out, and how that is shown.
// docs/security/defence.md is written from this and from the recorded runs (./recorded/).
import { groupA } from "./catalogue/a.ts";
import { groupB } from "./catalogue/b.ts";
import { groupC } from "./catalogue/c.ts";
import { groupD } from "./catalogue/d.ts";
import { groupE } from "./catalogue/e.ts";
import { groupF } from "./catalogue/f.ts";
import { groupG } from "./catalogue/g.ts";
import { groupH } from "./catalogue/h.ts";
import { groupI } from "./catalogue/i.ts";
import { groupJ } from "./catalogue/j.ts";
import { groupK } from "./catalogue/k.ts";
import type { Group } from "./matrix/types.ts";

/** The groups, in the order of the document. */
export const catalogue: readonly Group[] = [
  groupA,
  groupB,
  groupC,
  groupD,
  groupE,
  groupF,
  groupG,
  groupH,
  groupI,
  groupJ,
  groupK,
];
