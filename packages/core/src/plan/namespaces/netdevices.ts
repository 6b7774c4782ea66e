import { quote } from "../../errors.ts";
import { pointerTo } from "../../paths.ts";
import type { SlotName } from "../../wire/op.ts";
import { pushText } from "../../wire/utf8.ts";
import type { CreateContext } from "../create/context.ts";
import type { Issues } from "../draft/draft.ts";

/** IFNAMSIZ without the NUL. */
const maxName = 15;
/** As many as the launcher can take back. */
const maxDevices = 32;
const capNetAdmin = 12n;

/** What is wrong with the name of an interface; `%d` is the kernel's to fill in. */
function nameFault(name: string, isNew: boolean): string | undefined {
  const bytes: number[] = [];
  pushText(bytes, name);
  if (bytes.length === 0 || bytes.length > maxName) return `must be 1 to ${maxName} bytes`;
  if (name === "." || name === ".." || /[/:\s]/.test(name)) return "is no name of an interface";
  const percents = name.split("%").length - 1;
  if (percents > (isNew ? 1 : 0) || (percents === 1 && !name.includes("%d")))
    return isNew ? "may have one %d, and no other %" : "is no name of an interface";
  return undefined;
}

function checkNames(devices: readonly (readonly [string, string])[], issues: Issues): void {
  const seen = new Set<string>();
  for (const [name, newName] of devices) {
    const from = pointerTo("/linux/netDevices", name);
    const at = newName === name ? from : `${from}/name`;
    const fault = nameFault(name, false);
    if (fault !== undefined) issues.invalid(from, `${quote(name)} ${fault}`);
    const newFault = newName === name ? undefined : nameFault(newName, true);
    if (newFault !== undefined) issues.invalid(at, `${quote(newName)} ${newFault}`);
    if (seen.has(newName) && !newName.includes("%")) issues.invalid(at, `${quote(newName)} is there twice`);
    seen.add(newName);
  }
}

/** Moves interfaces of the host into the container's network namespace, before init goes on. */
export function planNetDevices({ config, draft, facts, issues, namespaces }: CreateContext, process: SlotName): void {
  const devices = Object.entries(config.linux?.netDevices ?? {}).map(
    ([name, device]) => [name, device.name === undefined || device.name === "" ? name : device.name] as const,
  );
  const pointer = "/linux/netDevices";
  if (devices.length === 0) return;
  if (!namespaces.has("network"))
    issues.invalid(pointer, "needs a network namespace of the container's own: interfaces would not leave the host");
  if (!facts.privileged || ((facts.capabilities >> capNetAdmin) & 1n) === 0n)
    issues.unsupported(pointer, "moving interfaces of the host needs its CAP_NET_ADMIN and CAP_SYS_ADMIN");
  if (devices.length > maxDevices) issues.invalid(pointer, `has ${devices.length} interfaces, at most ${maxDevices}`);
  checkNames(devices, issues);
  const namespace = namespaces.made.has("network") ? process : "ns-network";
  for (const [name, newName] of devices)
    draft.add({
      op: "move-netdev",
      phase: "parent",
      namespace,
      name,
      ...(newName === name ? {} : { newName }),
      from: pointerTo(pointer, name),
    });
}
