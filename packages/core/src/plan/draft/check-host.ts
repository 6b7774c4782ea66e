import { CofferError } from "../../errors.ts";
import type { HostFacts } from "../../host/facts.ts";

const floor = { major: 5, minor: 14 } as const;

/** Whether the kernel has what every plan is made of. */
export function meetsFloor({ kernel }: HostFacts): boolean {
  return kernel.major > floor.major || (kernel.major === floor.major && kernel.minor >= floor.minor);
}

/**
 * Refuses a kernel that lacks what every plan is made of.
 *
 * @throws {CofferError} E_HOST_UNSUPPORTED
 */
export function checkHost(facts: HostFacts): void {
  if (meetsFloor(facts)) return;
  const { kernel } = facts;
  const needs = `Linux ${floor.major}.${floor.minor}`;
  const found = `Linux ${kernel.major}.${kernel.minor}`;
  throw new CofferError("E_HOST_UNSUPPORTED", `cannot plan for ${found}: ${needs} or newer is needed`, {
    needs,
    found,
  });
}
