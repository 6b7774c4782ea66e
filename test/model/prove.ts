// What CBMC proves about the decoder and the verifier (helper-c/proof), and how it is asked.
import { command } from "../helpers/command.ts";

export interface Proof {
  readonly title: string;
  /** How often a loop may run; that it never runs more often is proved too. */
  readonly unwind: number;
  readonly also?: readonly string[];
  readonly defines?: readonly string[];
}

export const proofs: Readonly<Record<string, Proof>> = {
  image: { title: "any bytes: header and sections are read inside of the image", unwind: 8 },
  slots: { title: "any slot table: types, and inputs with names of their own", unwind: 14 },
  ops: {
    title: "any op with any row of the op table: what is accepted can be read",
    unwind: 10,
    also: ["plan/verify/numbers.c", "plan/verify/image.c"],
  },
  numbers: { title: "any numbers: places of pids are inside of their data", unwind: 8 },
  idmap: { title: "any id map: ranges end in time and do not overlap", unwind: 11 },
  bpf: { title: "any filter of 5 instructions: it ends, inside of itself and of seccomp_data", unwind: 7 },
  flow: {
    title: "any 6 ops: launcher and init never wait for each other in vain",
    unwind: 8,
    also: ["plan/verify/criu.c"],
  },
  rights: { title: "any 7 ops: rights go once and in order, id maps are written in time", unwind: 9 },
  holds: {
    title:
      "any op after any ops: slots are used where they are held, no clone is a peer of the host's mounts, no device is made on the host",
    unwind: 7,
    defines: ["PLAN_MAX_SLOTS=5", "IDMAP_MAX_LINES=1"],
  },
  mounts: {
    title:
      "any 6 ops: isolated before mounts change, one pivot to the attached root, locked for good; no terminal of the host in a container",
    unwind: 8,
  },
  unseen: { title: "any 7 ops: init is hidden before it does anything, and nobody of the host inside", unwind: 9 },
  network: {
    title: "any 4 ops: interfaces and a user-mode network are only for a network of the container's own",
    unwind: 6,
  },
};

const checks = ["--signed-overflow-check", "--conversion-check", "--pointer-overflow-check", "--unwinding-assertions"];
const loops = "plan_verify.0:120,code_in.0:24,count_ops.0:24,count_ops.1:24";

/** Runs a proof on the sources of a folder. What it says, and which of its claims are false. */
export async function prove(name: string, { unwind, also = [], defines = [] }: Proof, source: string) {
  const sources = [`proof/${name}.c`, "plan/decode.c", "plan/verify.c", ...also];
  const bounds = ["--unwind", `${unwind}`, "--unwindset", loops, "--object-bits", "8"];
  const argv = ["cbmc", "--function", "harness", "-I.", "--c11", "--no-malloc-may-fail", "--slice-formula"];
  const outcome = await command(
    [...argv, ...checks, ...bounds, ...defines.map((define) => `-D${define}`), ...sources],
    { cwd: source, timeoutMs: 900_000 },
  );
  return { ...outcome, failed: outcome.stdout.split("\n").filter((line) => line.endsWith("FAILURE")) };
}
