// The configs that are run under coffer, runc and crun: what differs from the default config, as data.
import { cgroupRows } from "./rows/cgroups.ts";
import { deviceRows } from "./rows/devices.ts";
import { mountRows } from "./rows/mounts.ts";
import { namespaceRows } from "./rows/namespaces.ts";
import { oddDeviceRows } from "./rows/odd-devices.ts";
import { oddMountRows } from "./rows/odd-mounts.ts";
import { oddNamespaceRows } from "./rows/odd-namespaces.ts";
import { oddProcessRows } from "./rows/odd-process.ts";
import { oddResourceRows } from "./rows/odd-resources.ts";
import { oddTogetherRows } from "./rows/odd-together.ts";
import { oddValueRows } from "./rows/odd-values.ts";
import { execRows, processRows } from "./rows/process.ts";
import type { Row } from "./rows/row.ts";

export type { Row };

/** What engines and people usually ask for. */
const usualRows: readonly Row[] = [
  ...processRows,
  ...execRows,
  ...namespaceRows,
  ...mountRows,
  ...deviceRows,
  ...cgroupRows,
];

/** What is odd, and what both peers carry out. */
const oddRows: readonly Row[] = [
  ...oddValueRows,
  ...oddProcessRows,
  ...oddMountRows,
  ...oddNamespaceRows,
  ...oddDeviceRows,
  ...oddResourceRows,
  ...oddTogetherRows,
];

/** Every row. */
export const rows: readonly Row[] = [...usualRows, ...oddRows];
