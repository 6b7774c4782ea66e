// The whole config of a container that is there, for the verbs that plan with it.
import type { Config } from "@coffer/spec";
import { checkConfig } from "@coffer/spec";
import type { ContainerRecord } from "./record.ts";
import { corruptRecord } from "./record.ts";

/**
 * Checks the config that a record remembers.
 *
 * @throws {CofferError} E_STATE_CORRUPT
 */
export function configOf({ id, config }: ContainerRecord): Config {
  try {
    return checkConfig(config);
  } catch (cause) {
    throw corruptRecord(id, "state.json", cause);
  }
}
