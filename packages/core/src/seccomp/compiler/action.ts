import { SeccompError } from "../error.ts";

/** ERRNO and TRACE give EPERM unless the profile says otherwise. */
const EPERM = 1;
/** "No such system call". */
export const ENOSYS = 38;
/** Return values of linux/seccomp.h: the action in the high half, its data in the low half. */
export const ERRNO = 0x00050000;
/** SECCOMP_RET_KILL_THREAD. */
export const KILL_THREAD = 0x00000000;
const maxErrno = 4095;

interface Action {
  readonly value: number;
  /** The largest `errnoRet`; absent where the action carries none. */
  readonly maxData?: number;
  /** Whether unlisted calls go through under it as a default, so that ENOSYS would only hide them. */
  readonly passes?: true;
}

const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  ["SCMP_ACT_KILL", { value: KILL_THREAD }],
  ["SCMP_ACT_KILL_THREAD", { value: KILL_THREAD }],
  ["SCMP_ACT_KILL_PROCESS", { value: 0x80000000 }],
  ["SCMP_ACT_TRAP", { value: 0x00030000 }],
  ["SCMP_ACT_ERRNO", { value: ERRNO, maxData: maxErrno }],
  ["SCMP_ACT_NOTIFY", { value: 0x7fc00000 }],
  ["SCMP_ACT_TRACE", { value: 0x7ff00000, maxData: 0xffff, passes: true }],
  ["SCMP_ACT_LOG", { value: 0x7ffc0000, passes: true }],
  ["SCMP_ACT_ALLOW", { value: 0x7fff0000, passes: true }],
]);

/** The action names the compiler can carry out, for `features`. */
export const supportedActions: readonly string[] = [...actions.keys()];

/** Where an action stands in the config. */
export interface ActionPlace {
  readonly action: string;
  readonly actionPointer: string;
  readonly errnoRet: number | undefined;
  readonly errnoPointer: string;
}

/**
 * Turns an action and its errno into the filter's 32-bit return value.
 *
 * @throws {SeccompError} for an unknown action, or an errno that does not fit it.
 */
export function actionValue(place: ActionPlace): number {
  const action = actions.get(place.action);
  if (action === undefined) throw new SeccompError(place.actionPointer, `unknown action "${place.action}"`);
  if (action.maxData === undefined) {
    if (place.errnoRet !== undefined)
      throw new SeccompError(place.errnoPointer, `${place.action} carries no errno: remove the field`);
    return action.value;
  }
  const data = place.errnoRet ?? EPERM;
  if (!Number.isInteger(data) || data < 0 || data > action.maxData)
    throw new SeccompError(place.errnoPointer, `${data} is not between 0 and ${action.maxData}`);
  return action.value + data;
}

/** Whether a default action lets unlisted calls through. */
export function passesUnlisted(action: string): boolean {
  return actions.get(action)?.passes === true;
}
