import type { LinuxBlockIo } from "@coffer/spec";
import { pointerTo } from "../../../paths.ts";
import type { Issues } from "../../draft/draft.ts";
import type { Limit } from "./limits.ts";
import { limitsPointer } from "./limits.ts";

const pointer = `${limitsPointer}/blockIO`;
/** CFQ's least weight, of which io.cost has 1. BFQ also has smaller ones. */
const leastOfCfq = 10;
const maxWeight = 1000;

/** A throttle in both versions: field, file of version 1, key of `io.max`. */
const throttles = [
  ["throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps"],
  ["throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps"],
  ["throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops"],
  ["throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops"],
] as const;

/** The files of the blkio controller. */
export function blockIOV1(issues: Issues, blockIO: LinuxBlockIo | undefined): readonly Limit[] {
  const weights = readWeights(issues, blockIO).map(({ device, weight, from }): Limit => {
    const suffix = device === "" ? "" : "_device";
    const value = device === "" ? `${weight}` : `${device} ${weight}`;
    // Only the BFQ scheduler has weights in version 1 since 5.0; before, there was CFQ.
    return {
      controller: "blkio",
      file: `blkio.weight${suffix}`,
      value,
      or: [`blkio.bfq.weight${suffix}`, value],
      from,
    };
  });
  const rates = throttles.flatMap(([field, file]) =>
    (blockIO?.[field] ?? []).map(({ major, minor, rate = 0n }, index) => ({
      controller: "blkio",
      file,
      value: `${major}:${minor} ${rate}`,
      from: pointerTo(`${pointer}/${field}`, index),
    })),
  );
  return [...weights, ...rates];
}

/** The files of the io controller. */
export function blockIOV2(issues: Issues, blockIO: LinuxBlockIo | undefined): readonly Limit[] {
  const weights = readWeights(issues, blockIO).map(({ device, weight, from }): Limit => {
    const at = device === "" ? "" : `${device} `;
    // BFQ counts as the config does; the io.cost controller from 1 to 10000.
    const scaled = 1 + Math.floor((Math.max(weight - leastOfCfq, 0) * 9999) / (maxWeight - leastOfCfq));
    return {
      controller: "io",
      file: "io.bfq.weight",
      value: `${at}${weight}`,
      or: ["io.weight", `${at}${scaled}`],
      from,
    };
  });
  const rates = throttles.flatMap(([field, , key]) =>
    (blockIO?.[field] ?? []).map(({ major, minor, rate = 0n }, index) => ({
      controller: "io",
      file: "io.max",
      value: `${major}:${minor} ${key}=${rate === 0n ? "max" : rate}`,
      from: pointerTo(`${pointer}/${field}`, index),
    })),
  );
  return [...weights, ...rates];
}

interface Weight {
  /** `major:minor`; empty for all devices. */
  readonly device: string;
  readonly weight: number;
  readonly from: string;
}

function readWeights(issues: Issues, blockIO: LinuxBlockIo | undefined): readonly Weight[] {
  const noLeaves = (leafWeight: number | undefined, from: string): void => {
    if ((leafWeight ?? 0) !== 0)
      issues.unsupported(from, "the kernel has no leaf weights since the CFQ scheduler went (5.0)");
  };
  const read = (device: string, weight: number | undefined, from: string): readonly Weight[] => {
    if (weight === undefined || weight === 0) return [];
    if (weight > maxWeight) issues.invalid(from, `must be at most ${maxWeight}, got ${weight}`);
    return [{ device, weight, from }];
  };
  noLeaves(blockIO?.leafWeight, `${pointer}/leafWeight`);
  return [
    ...read("", blockIO?.weight, `${pointer}/weight`),
    ...(blockIO?.weightDevice ?? []).flatMap(({ major, minor, weight, leafWeight }, index) => {
      const here = pointerTo(`${pointer}/weightDevice`, index);
      noLeaves(leafWeight, `${here}/leafWeight`);
      return read(`${major}:${minor}`, weight, `${here}/weight`);
    }),
  ];
}
