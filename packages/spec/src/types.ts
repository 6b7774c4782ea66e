import type { config } from "./config/config.ts";
import type { features } from "./documents/features.ts";
import type { policy } from "./documents/policy.ts";
import type { state } from "./documents/state.ts";
import type * as z from "./values/zod.ts";

type Primitive = string | number | bigint | boolean | null | undefined;

/** The same value, to be read only. */
export type DeepReadonly<T> = unknown extends T
  ? T
  : T extends Primitive
    ? T
    : T extends readonly (infer U)[]
      ? readonly DeepReadonly<U>[]
      : { readonly [K in keyof T]: DeepReadonly<T[K]> };

/** A checked `config.json`. */
export type Config = DeepReadonly<z.infer<typeof config>>;
/** A config as a program writes one: the schema has not looked at it yet. */
export type ConfigInput = DeepReadonly<z.input<typeof config>>;
/** `/process` */
export type Process = NonNullable<Config["process"]>;
/** `/process/user` */
export type User = NonNullable<Process["user"]>;
/** `/process/capabilities` */
export type Capabilities = NonNullable<Process["capabilities"]>;
/** `/process/rlimits/*` */
export type Rlimit = NonNullable<Process["rlimits"]>[number];
/** `/process/scheduler` */
export type Scheduler = NonNullable<Process["scheduler"]>;
/** `/process/ioPriority` */
export type IoPriority = NonNullable<Process["ioPriority"]>;
/** `/process/execCPUAffinity` */
export type ExecCpuAffinity = NonNullable<Process["execCPUAffinity"]>;
/** `/root` */
export type Root = NonNullable<Config["root"]>;
/** `/mounts/*` */
export type Mount = NonNullable<Config["mounts"]>[number];
/** `/hooks` */
export type Hooks = NonNullable<Config["hooks"]>;
/** `/hooks/prestart/*` and its like */
export type Hook = NonNullable<Hooks["prestart"]>[number];
/** `/linux` */
export type Linux = NonNullable<Config["linux"]>;
/** `/linux/namespaces/*` */
export type LinuxNamespace = NonNullable<Linux["namespaces"]>[number];
/** The `type` of a namespace */
export type LinuxNamespaceType = LinuxNamespace["type"];
/** `/linux/uidMappings/*` */
export type LinuxIdMapping = NonNullable<Linux["uidMappings"]>[number];
/** `/linux/timeOffsets` */
export type LinuxTimeOffsets = NonNullable<Linux["timeOffsets"]>;
/** `/linux/devices/*` */
export type LinuxDevice = NonNullable<Linux["devices"]>[number];
/** `/linux/netDevices` */
export type LinuxNetDevices = NonNullable<Linux["netDevices"]>;
/** `/linux/resources` */
export type LinuxResources = NonNullable<Linux["resources"]>;
/** `/linux/resources/devices/*` */
export type LinuxDeviceRule = NonNullable<LinuxResources["devices"]>[number];
/** `/linux/resources/memory` */
export type LinuxMemory = NonNullable<LinuxResources["memory"]>;
/** `/linux/resources/cpu` */
export type LinuxCpu = NonNullable<LinuxResources["cpu"]>;
/** `/linux/resources/pids` */
export type LinuxPids = NonNullable<LinuxResources["pids"]>;
/** `/linux/resources/blockIO` */
export type LinuxBlockIo = NonNullable<LinuxResources["blockIO"]>;
/** `/linux/rootfsPropagation` */
export type LinuxRootfsPropagation = NonNullable<Linux["rootfsPropagation"]>;
/** `/linux/seccomp` */
export type LinuxSeccomp = NonNullable<Linux["seccomp"]>;
/** `/linux/seccomp/syscalls/*` */
export type LinuxSyscall = NonNullable<LinuxSeccomp["syscalls"]>[number];
/** One of the `args` of a system call rule */
export type LinuxSeccompArg = NonNullable<LinuxSyscall["args"]>[number];
/** `/linux/seccomp/defaultAction` */
export type LinuxSeccompAction = LinuxSeccomp["defaultAction"];
/** `/linux/seccomp/architectures/*` */
export type LinuxSeccompArch = NonNullable<LinuxSeccomp["architectures"]>[number];
/** `/linux/seccomp/flags/*` */
export type LinuxSeccompFlag = NonNullable<LinuxSeccomp["flags"]>[number];
/** The `op` of such an argument */
export type LinuxSeccompOperator = LinuxSeccompArg["op"];
/** `/linux/intelRdt` */
export type LinuxIntelRdt = NonNullable<Linux["intelRdt"]>;
/** `/linux/memoryPolicy` */
export type LinuxMemoryPolicy = NonNullable<Linux["memoryPolicy"]>;
/** `/linux/personality` */
export type LinuxPersonality = NonNullable<Linux["personality"]>;
/** A checked state document. */
export type State = DeepReadonly<z.infer<typeof state>>;
/** The `status` of a state document. */
export type Status = State["status"];
/** A checked features document. */
export type Features = DeepReadonly<z.infer<typeof features>>;
/** A checked policy: what plans may do. */
export type Policy = DeepReadonly<z.infer<typeof policy>>;
