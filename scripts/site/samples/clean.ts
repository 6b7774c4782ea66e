// A captured config without what is of the machine and of the run: ids, directories, devices.
import type { Place } from "../../../test/clients/place.ts";

/** Devices that stand for all of a host, in configs that have every device. */
const kept = new Set(["/dev/fuse", "/dev/kmsg", "/dev/kvm", "/dev/mem", "/dev/net/tun", "/dev/loop-control"]);

/** Stands for every long id of an engine. */
const id = "c0ffee".repeat(11).slice(0, 64);

/** What texts become, in this order. */
function rules(
  { base, tag }: Pick<Place, "base" | "tag">,
  parent: string,
): readonly (readonly [string | RegExp, string])[] {
  return [
    [`${base}/docker/data`, "/var/lib/docker"],
    [`${base}/store`, "/var/lib/containers/storage"],
    [`${base}/containerd/root`, "/var/lib/containerd"],
    [`${base}/kubelet`, "/var/lib/kubelet"],
    // A capture has a control group of its own.
    [`/${tag}`, parent],
    [/\b[0-9a-f]{64}\b/g, id],
    [/netns-[0-9a-f-]{36}/g, "netns-00000000-0000-0000-0000-000000000000"],
    [/\/proc\/\d+\/ns\//g, "/proc/4242/ns/"],
    // Docker's hook is Docker itself.
    [/\/proc\/\d+\/exe/g, "/usr/bin/dockerd"],
    [/\b[0-9a-f]{12}\b(?=")/g, id.slice(0, 12)],
  ];
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const pathOf = (device: unknown): string => (isFields(device) ? String(device.path) : "");

/** The limits of the machine's root, which Podman hands on: what Podman asks for where it may. */
const defaultLimits: Readonly<Record<string, number>> = { RLIMIT_NOFILE: 1_048_576, RLIMIT_NPROC: 4_194_304 };

function limitOf(limit: unknown): unknown {
  const most = isFields(limit) ? defaultLimits[String(limit.type)] : undefined;
  return most === undefined || !isFields(limit) ? limit : { ...limit, hard: most, soft: most };
}

/** What a machine's root may lack, and an engine then does not give: a container with all others has it. */
const lacking = "CAP_SYS_RESOURCE";

function setOf(set: unknown): unknown {
  const isWhole = Array.isArray(set) && set.includes("CAP_SYS_ADMIN") && !set.includes(lacking);
  return isWhole ? [...set, lacking] : set;
}

/** Cleans a config; `parent` is the control group in which the engine's containers are. */
export function cleaned(text: string, place: Pick<Place, "base" | "tag">, parent: string): unknown {
  const plain = rules(place, parent).reduce((all, [from, to]) => all.replaceAll(from, to), text);
  const config: unknown = JSON.parse(plain);
  if (!isFields(config) || !isFields(config.linux) || !isFields(config.process)) throw new Error("this is no config");
  const { linux, process: program } = config;
  if (Array.isArray(linux.devices)) linux.devices = linux.devices.filter((device) => kept.has(pathOf(device)));
  const { capabilities } = program;
  if (isFields(capabilities))
    program.capabilities = Object.fromEntries(Object.entries(capabilities).map(([name, set]) => [name, setOf(set)]));
  if (Array.isArray(program.rlimits)) program.rlimits = program.rlimits.map(limitOf);
  return config;
}
