import { kernelString } from "../../values/brands.ts";
import { mapOf } from "../../values/maps.ts";
import { int64, safeInt64, uint16, uint32, uint64 } from "../../values/numbers.ts";
import * as z from "../../values/zod.ts";
import { deviceRule } from "./devices.ts";

const memory = z.object({
  limit: int64().optional(),
  reservation: int64().optional(),
  swap: int64().optional(),
  kernel: int64().optional(),
  kernelTCP: int64().optional(),
  swappiness: uint64().optional(),
  disableOOMKiller: z.boolean().optional(),
  useHierarchy: z.boolean().optional(),
  checkBeforeUpdate: z.boolean().optional(),
});

const cpu = z.object({
  shares: uint64().optional(),
  quota: int64().optional(),
  burst: uint64().optional(),
  period: uint64().optional(),
  realtimeRuntime: int64().optional(),
  realtimePeriod: uint64().optional(),
  cpus: kernelString.optional(),
  mems: kernelString.optional(),
  idle: int64().optional(),
});

const pids = z.object({ limit: int64().optional() });

const throttleDevice = z.object({
  major: safeInt64(),
  minor: safeInt64(),
  rate: uint64().optional(),
});

const weightDevice = z.object({
  major: safeInt64(),
  minor: safeInt64(),
  weight: uint16().optional(),
  leafWeight: uint16().optional(),
});

const blockIO = z.object({
  weight: uint16().optional(),
  leafWeight: uint16().optional(),
  weightDevice: z.array(weightDevice).optional(),
  throttleReadBpsDevice: z.array(throttleDevice).optional(),
  throttleWriteBpsDevice: z.array(throttleDevice).optional(),
  throttleReadIOPSDevice: z.array(throttleDevice).optional(),
  throttleWriteIOPSDevice: z.array(throttleDevice).optional(),
});

const hugepageLimit = z.object({
  pageSize: kernelString.regex(/^[1-9][0-9]*[KMG]B$/),
  limit: uint64(),
});

const network = z.object({
  classID: uint32().optional(),
  priorities: z.array(z.object({ name: kernelString, priority: uint32() })).optional(),
});

const rdma = z.object({
  hcaHandles: uint32().optional(),
  hcaObjects: uint32().optional(),
});

/** Limits of the container's cgroup: `/linux/resources`, and the document that `update` takes. */
export const resources = z.object({
  devices: z.array(deviceRule).optional(),
  memory: memory.optional(),
  cpu: cpu.optional(),
  pids: pids.optional(),
  blockIO: blockIO.optional(),
  hugepageLimits: z.array(hugepageLimit).optional(),
  network: network.optional(),
  rdma: mapOf(rdma).optional(),
  unified: mapOf(kernelString).optional(),
});
