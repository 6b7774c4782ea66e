// CBMC's proofs about the decoder and the verifier (helper-c/proof): for every input up to the bounds that each proof
// states, no read or write out of bounds, no overflow, no loop without end, and what the proof asserts of what is accepted.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
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
  rights: { title: "any 7 ops: rights go once and in order, id maps are written in time", unwind: 9 },
  holds: {
    title: "any op after any ops: slots are used where they are held, no peer of the host's mounts is attached",
    unwind: 7,
    defines: ["PLAN_MAX_SLOTS=5", "IDMAP_MAX_LINES=1"],
  },
  mounts: {
    title: "any 6 ops: isolated before mounts change, one pivot to the attached root, locked for good",
    unwind: 8,
  },
};

const checks = ["--signed-overflow-check", "--conversion-check", "--pointer-overflow-check", "--unwinding-assertions"];
const loops = "plan_verify.0:120,code_in.0:24,count_ops.0:20,count_ops.1:20";

/** Runs a proof on the sources of a folder. What it says, and which of its claims are false. */
async function prove(name: string, { unwind, also = [], defines = [] }: Proof, source: string) {
  const sources = [`proof/${name}.c`, "plan/decode.c", "plan/verify.c", ...also];
  const bounds = ["--unwind", `${unwind}`, "--unwindset", loops, "--object-bits", "8"];
  const argv = ["cbmc", "--function", "harness", "-I.", "--c11", "--no-malloc-may-fail", "--slice-formula"];
  const outcome = await command(
    [...argv, ...checks, ...bounds, ...defines.map((define) => `-D${define}`), ...sources],
    { cwd: source, timeoutMs: 900_000 },
  );
  return { ...outcome, failed: outcome.stdout.split("\n").filter((line) => line.endsWith("FAILURE")) };
}

for (const [name, proof] of Object.entries(proofs))
  test(proof.title, async (t) => {
    if (!(await needs(t, "cbmc"))) return;
    t.timeout(900_000);
    const { stdout, exitCode, failed } = await prove(name, proof, join(repository, "helper-c"));
    t.deepEqual(failed, []);
    t.is(exitCode, 0, stdout.slice(-2000));
    t.regex(stdout, /VERIFICATION SUCCESSFUL/);
  });

interface Weakening {
  readonly proof: string;
  readonly file: string;
  /** What of the verifier is taken away, and what is there instead. */
  readonly change: readonly [string, string];
  /** The claim that is then false. */
  readonly claim: string;
}

const weakenings: Readonly<Record<string, Weakening>> = {
  "uses a slot that was given away": {
    proof: "holds",
    file: "verify-slots.c",
    change: ["(state & live) != live", "0"],
    claim: "used where it is held",
  },
  "defines a slot again": {
    proof: "holds",
    file: "verify-slots.c",
    change: ["v->state->slots[op->out] & DEFINED", "0"],
    claim: "made once",
  },
  "attaches a tree that has peers beneath its root": {
    proof: "holds",
    file: "verify-slots.c",
    change: ["op->nums[OP_SET_MOUNT_NUM_RECURSIVE] || !(*state & PEERED_DEEP)", "1"],
    claim: "the verifier's bits are still right",
  },
  "keeps a tree of mounts that are not locked": {
    proof: "holds",
    file: "verify-slots.c",
    change: ["HOST_TYPES | 1u << SLOT_TREE", "HOST_TYPES"],
    claim: "no handle on mounts that are not locked stays",
  },
  "changes a mount that is locked": {
    proof: "mounts",
    file: "verify-mounts.c",
    change: ["if (place->locked)", "if (0)"],
    claim: "nothing is mounted that is not locked",
  },
  "locks the mounts of a process that could not change them": {
    proof: "rights",
    file: "verify-rights.c",
    change: ["can >> CAP_SYS_ADMIN & 1", "1"],
    claim: "the owner of locked mounts gains nothing by them",
  },
  "keeps a clone of the host's mounts over the root transition": {
    proof: "holds",
    file: "verify-slots.c",
    change: [" || state & DETACHED_HOST;", ";"],
    claim: "no handle on the host comes along",
  },
};

for (const [what, { proof, file, change, claim }] of Object.entries(weakenings))
  test(`a verifier is found out that lets through what ${what}`, async (t) => {
    const known = proofs[proof];
    if (known === undefined || !(await needs(t, "cbmc"))) return;
    t.timeout(900_000);
    const source = mkdtempSync(join(tmpdir(), "cft-proof-"));
    t.teardown(() => rmSync(source, { recursive: true, force: true }));
    for (const folder of ["plan", "proof"])
      cpSync(join(repository, "helper-c", folder), join(source, folder), { recursive: true });
    const text = readFileSync(join(source, "plan", file), "utf8");
    t.is(text.split(change[0]).length, 2, "it is there once");
    writeFileSync(join(source, "plan", file), text.replace(...change));
    const { failed } = await prove(proof, known, source);
    t.true(
      failed.some((line) => line.includes(claim)),
      failed.join("\n"),
    );
  });
