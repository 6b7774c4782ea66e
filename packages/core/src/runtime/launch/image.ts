// A plan as an image that a launcher takes: encoded, and verified.
import { configInvalid, InternalError } from "../../errors.ts";
import type { Egress } from "../../exposure/index.ts";
import type { ProcessIdentity } from "../../plan/index.ts";
import { cloneFlags } from "../../plan/index.ts";
import { requireVerified } from "../../verify/index.ts";
import { encodePlan } from "../../wire/encode.ts";
import { WireError } from "../../wire/error.ts";
import type { Plan } from "../../wire/op.ts";

/** A plan and its image, which has been verified. */
export interface Image {
  readonly plan: Plan;
  readonly bytes: Uint8Array;
  /** It was planned just now, by this runtime; one that was stored may be anybody's. */
  readonly made?: boolean;
  /** The process of a container that it joins. */
  readonly container?: ProcessIdentity;
  /** What answers the sockets that it listens on. */
  readonly egress?: Egress;
  /** Unix sockets of the host that its program can connect to, where they were named. */
  readonly sockets?: readonly string[];
  /** Its launcher removes the container's cgroups; absent where the ops have to tell. */
  readonly removes?: boolean;
  /** Its bytes come later, and its clone makes a network namespace of the launcher's user namespace. */
  readonly netns?: boolean;
}

/** Whether a launcher that runs a plan to its end removes the container's cgroups. */
export function removesCgroups({ plan, removes }: Pick<Image, "plan" | "removes">): boolean {
  return removes ?? plan.ops.some((op) => op.op === "remove-cgroup" && op.phase === "parent");
}

/** A value that does not fit a plan came from a config: the op knows from where. */
function tellOrigin(plan: Plan, error: unknown): unknown {
  if (!(error instanceof WireError) || error.op === undefined) return error;
  const pointer = plan.ops[error.op]?.from;
  return pointer === undefined
    ? error
    : configInvalid("config", [{ pointer, message: error.message }], { cause: error });
}

function encode(plan: Plan): Uint8Array {
  try {
    return encodePlan(plan);
  } catch (error) {
    throw tellOrigin(plan, error);
  }
}

/** Encodes a plan and has it verified. */
export function makeImage(plan: Plan): Image {
  const bytes = encode(plan);
  requireVerified(bytes);
  return { plan, bytes, made: true };
}

function makesNetns({ ops }: Plan): boolean {
  const clone = ops.find((op) => op.op === "clone");
  return (Number(clone?.namespaces ?? 0) & (cloneFlags.network | cloneFlags.user)) === cloneFlags.network;
}

/** The same when somebody asks for the bytes: in the native front the launcher starts meanwhile. */
export function makeImageLater(plan: Plan): Image {
  let made: Image | undefined;
  return {
    plan,
    get bytes() {
      made ??= makeImage(plan);
      return made.bytes;
    },
    made: true,
    netns: makesNetns(plan),
  };
}

/** A plan without the words and variables of its program. */
function hollow(plan: Plan): Plan {
  const last = plan.ops.at(-1);
  if (last?.op !== "exec") throw new InternalError("the plan of a sandbox does not end with its program");
  return { ...plan, ops: [...plan.ops.slice(0, -1), { ...last, args: last.args.slice(0, 1), env: [] }] };
}

/** Encodes a plan that is kept: `fill` is given the image without words, and gives the image with these, which is verified. */
export function makeKeptImage(plan: Plan, fill: (hollow: Uint8Array) => Uint8Array): Image {
  const bytes = fill(encode(hollow(plan)));
  requireVerified(bytes);
  return { plan, bytes, made: true };
}
