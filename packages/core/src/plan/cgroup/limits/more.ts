// The smaller controllers: huge pages, network classes, RDMA, and raw files.
import type { LinuxResources } from "@coffer/spec";
import { quote } from "../../../errors.ts";
import { pointerTo } from "../../../paths.ts";
import type { Issues } from "../../draft/draft.ts";
import type { Limit } from "./limits.ts";
import { limitsPointer } from "./limits.ts";

/** The limit of pages in use, and of those reserved where the kernel counts them (5.7). */
function hugepages(limits: LinuxResources["hugepageLimits"], suffix: string): readonly Limit[] {
  return (limits ?? []).flatMap(({ pageSize, limit }, index) => {
    const from = pointerTo(`${limitsPointer}/hugepageLimits`, index);
    const value = String(limit);
    const file = (middle: string): string => `hugetlb.${pageSize}.${middle}${suffix}`;
    return [
      { controller: "hugetlb", file: file(""), value, from },
      { controller: "hugetlb", file: file("rsvd."), value, from, absentOk: true },
    ];
  });
}

/** The files of version 1 for huge pages. */
export function hugepagesV1(limits: LinuxResources["hugepageLimits"]): readonly Limit[] {
  return hugepages(limits, "limit_in_bytes");
}

/** The files of version 2 for huge pages. */
export function hugepagesV2(limits: LinuxResources["hugepageLimits"]): readonly Limit[] {
  return hugepages(limits, "max");
}

/** The files of net_cls and net_prio, which are version 1 only. */
export function networkV1(network: LinuxResources["network"]): readonly Limit[] {
  const pointer = `${limitsPointer}/network`;
  const { classID = 0, priorities = [] } = network ?? {};
  return [
    ...(classID === 0
      ? []
      : [{ controller: "net_cls", file: "net_cls.classid", value: `${classID}`, from: `${pointer}/classID` }]),
    ...priorities.map(({ name, priority }, index) => ({
      controller: "net_prio",
      file: "net_prio.ifpriomap",
      value: `${name} ${priority}`,
      from: pointerTo(`${pointer}/priorities`, index),
    })),
  ];
}

/** Version 2 has neither. */
export function refuseNetwork(issues: Issues, network: LinuxResources["network"]): void {
  const reason = "cgroup v2 has no network classes and priorities: use eBPF or nftables on the cgroup's path";
  if ((network?.classID ?? 0) !== 0) issues.unsupported(`${limitsPointer}/network/classID`, reason);
  if ((network?.priorities ?? []).length > 0) issues.unsupported(`${limitsPointer}/network/priorities`, reason);
}

/** The file of the rdma controller, the same in both versions. */
export function rdmaLimits(rdma: LinuxResources["rdma"]): readonly Limit[] {
  return Object.entries(rdma ?? {}).flatMap(([device, { hcaHandles, hcaObjects }]) => {
    const words = [
      ...(hcaHandles === undefined ? [] : [`hca_handle=${hcaHandles}`]),
      ...(hcaObjects === undefined ? [] : [`hca_object=${hcaObjects}`]),
    ];
    const from = pointerTo(`${limitsPointer}/rdma`, device);
    return words.length === 0
      ? []
      : [{ controller: "rdma", file: "rdma.max", value: `${device} ${words.join(" ")}`, from }];
  });
}

/** Version 1 has no such files. */
export function refuseUnified(issues: Issues, unified: LinuxResources["unified"]): void {
  for (const key of Object.keys(unified ?? {}))
    issues.unsupported(pointerTo(`${limitsPointer}/unified`, key), "this host's limits are those of cgroup v1");
}

/** Limits that every cgroup has; the other `cgroup.*` files would move, stop or end processes, here or elsewhere. */
const coreLimits: ReadonlySet<string> = new Set(["cgroup.max.depth", "cgroup.max.descendants", "cgroup.pressure"]);

/** Raw files: the key is one file of the cgroup, the value one write a line. */
export function unifiedLimits(issues: Issues, unified: LinuxResources["unified"]): readonly Limit[] {
  return Object.entries(unified ?? {}).flatMap(([file, value]) => {
    const from = pointerTo(`${limitsPointer}/unified`, file);
    const controller = file.slice(0, Math.max(file.indexOf("."), 0));
    if (file.includes("/") || controller === "")
      issues.invalid(
        from,
        `the specified key has not the form CONTROLLER.VALUE \`${quote(file).slice(1, -1)}\`, such as memory.high`,
      );
    else if (controller === "cgroup" && !coreLimits.has(file))
      issues.unsupported(from, `${file} is no limit: the runtime itself decides what is in the cgroup`);
    const lines = value.split("\n").filter((line) => line !== "");
    return (lines.length === 0 ? [""] : lines).map((line) => ({
      controller: controller === "cgroup" ? "" : controller,
      file,
      value: line,
      from,
    }));
  });
}
