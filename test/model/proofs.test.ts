// CBMC's proofs about the decoder and the verifier (helper-c/proof): for every input up to the bounds that each proof
// states, no read or write out of bounds, no overflow, no loop without end, and what the proof asserts of what is accepted.
import { join } from "node:path";
import test from "ava";
import { repository } from "../helpers/build.ts";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";

interface Proof {
  readonly title: string;
  /** How often a loop may run; that it never runs more often is proved too. */
  readonly unwind: number;
  readonly also?: readonly string[];
  readonly defines?: readonly string[];
}

const proofs: Readonly<Record<string, Proof>> = {
  image: { title: "any bytes: header and sections are read inside of the image", unwind: 8 },
  slots: { title: "any slot table: types, and inputs with names of their own", unwind: 14 },
  ops: {
    title: "any op with any row of the op table: what is accepted can be read",
    unwind: 10,
    also: ["plan/verify-numbers.c", "plan/verify-image.c"],
  },
  numbers: { title: "any numbers: places of pids are inside of their data", unwind: 8 },
  idmap: { title: "any id map: ranges end in time and do not overlap", unwind: 11 },
  bpf: { title: "any filter of 5 instructions: it ends, inside of itself and of seccomp_data", unwind: 7 },
  flow: {
    title: "any 6 ops: launcher and init never wait for each other in vain",
    unwind: 8,
    also: ["plan/verify-criu.c"],
  },
  rights: { title: "any 6 ops: rights go once and in order, id maps are written in time", unwind: 8 },
  mounts: { title: "any 5 ops: isolated before mounts change, one pivot to the attached root", unwind: 7 },
};

const checks = ["--signed-overflow-check", "--conversion-check", "--pointer-overflow-check", "--unwinding-assertions"];
const loops = "plan_verify.0:120,code_in.0:24,count_ops.0:17,count_ops.1:17";

for (const [name, { title, unwind, also = [], defines = [] }] of Object.entries(proofs)) {
  test(title, async (t) => {
    if (!(await needs(t, "cbmc"))) return;
    t.timeout(900_000);
    const sources = [`proof/${name}.c`, "plan/decode.c", "plan/verify.c", ...also];
    const bounds = ["--unwind", `${unwind}`, "--unwindset", loops, "--object-bits", "8"];
    const argv = ["cbmc", "--function", "harness", "-I.", "--c11", "--no-malloc-may-fail", "--slice-formula"];
    const { stdout, exitCode } = await command(
      [...argv, ...checks, ...bounds, ...defines.map((define) => `-D${define}`), ...sources],
      { cwd: join(repository, "helper-c"), timeoutMs: 900_000 },
    );
    const failed = stdout.split("\n").filter((line) => line.endsWith("FAILURE"));
    t.deepEqual(failed, []);
    t.is(exitCode, 0, stdout.slice(-2000));
    t.regex(stdout, /VERIFICATION SUCCESSFUL/);
  });
}
