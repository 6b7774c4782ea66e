// The rows of the defence matrix that are one run of one container: the run is recorded in the guest, and judged here.
import { catalogue } from "../../defence/catalogue.ts";
import type { Attempt, Row, Seen, Stage } from "../../defence/matrix/types.ts";
import type { Bundle } from "../../helpers/bundle.ts";
import type { Outcome } from "../../helpers/command.ts";
import type { RunOptions } from "../../helpers/peers/runtimes.ts";
import type { CaseResult } from "../batch/batch.ts";
import type { GuestBundle } from "./bundle.ts";
import { guestBundle } from "./bundle.ts";

/** A row that can be tried in the guest. */
export interface GuestRow {
  readonly id: string;
  readonly attempt: Attempt;
  readonly place: GuestBundle;
}

/** Rows that show nothing on this machine, and why. */
const notThere: ReadonlyMap<string, string> = new Map([["Docker CVE-2018-10892: masks", "aarch64 has no /proc/acpi"]]);

function bundleOf({ base, tag }: GuestBundle): Bundle {
  const path = `${base}/bundle`;
  const rootfs = `${path}/rootfs`;
  return { tag, base, path, rootfs, canary: `${base}/canary`, state: `${base}/state`, config: {} };
}

class NotInGuest extends Error {}

/** A stage on which only `run` without options of its own is there. */
function stageOf(place: GuestBundle, run: () => Promise<Outcome>): Stage {
  const absent = (): never => {
    throw new NotInGuest();
  };
  const isPlain = ({ prefix = [], ...more }: RunOptions): boolean =>
    prefix.length === 0 && Object.keys(more).length === 0;
  return {
    runtime: "coffer",
    bundle: bundleOf(place),
    verb: absent,
    start: absent,
    coffer: absent,
    pid: absent,
    run: (options = {}) => (isPlain(options) ? run() : absent()),
  };
}

/** Whether an observer asks for one run and nothing else: no other verb, and no file of the guest. */
async function asksOnlyForARun(attempt: Attempt, place: GuestBundle): Promise<boolean> {
  let runs = 0;
  const run = (): Promise<Outcome> => {
    runs += 1;
    return Promise.resolve({ exitCode: 0, signal: null, stdout: "{}\n", stderr: "" });
  };
  try {
    await attempt.observe(stageOf(place, run));
  } catch (error) {
    if (error instanceof NotInGuest || (error instanceof Error && "code" in error && error.code === "ENOENT"))
      return false;
    // What is no fact of a container: the observer has read the output of a run.
  }
  return runs === 1;
}

/** The rows, in the order of the catalogue. */
export async function guestRows(): Promise<readonly GuestRow[]> {
  const rows: readonly Row[] = catalogue.flatMap((group) => group.rows);
  const found: GuestRow[] = [];
  for (const [index, { id, show, let: reason }] of rows.entries()) {
    if (show.how !== "attempt" || reason !== undefined || notThere.has(id)) continue;
    const { attempt } = show;
    const place = guestBundle(`${index}`, attempt.patch ?? {});
    if (await asksOnlyForARun(attempt, place)) found.push({ id, attempt, place });
  }
  return found;
}

const look = "find canary -exec stat -c '%n %f %u:%g %i %s %Y' {} + | sort";

/** The script that runs a row and tells, line by line: the status, the output, the errors, and what changed. */
export function scriptOf({ attempt: { before = "", place = "" }, place: { base, script, tag } }: GuestRow): string {
  const quoted = (text: string): string => `'${text.replaceAll("$BASE", base).replaceAll("'", "'\\''")}'`;
  const inside = quoted(`set -e; mount --make-rprivate /; ${place}; exec "$@"`);
  const placed = place === "" ? "" : `unshare -m sh -c ${inside} sh `;
  return `${script}
sh -ec ${quoted(before)}
${look} >before
status=0
${placed}timeout 60 coffer run --root $PWD/state --bundle $PWD/bundle ${tag} </dev/null >out 2>err || status=$?
echo $status
base64 -w0 <out; echo
base64 -w0 <err; echo
${look} | diff before - || true
`;
}

/** What was seen of a row, with the checks that hold for every row. */
export async function judge({ attempt, place }: GuestRow, { stdout, stderr, status }: CaseResult): Promise<Seen> {
  if (status !== 0) return { failed: `not tried: ${stderr.slice(-300)}` };
  const [code = "", out = "", err = "", ...changed] = stdout.trimEnd().split("\n");
  const text = (base64: string): string => Buffer.from(base64, "base64").toString("utf8");
  const outcome: Outcome = { exitCode: Number(code), signal: null, stdout: text(out), stderr: text(err) };
  if (changed.length > 0) return { failed: `CANARY changed: ${changed.join(" ")}` };
  const seen = await attempt.observe(stageOf(place, () => Promise.resolve(outcome)));
  const { because } = attempt;
  const refused = typeof seen !== "string" && "refused" in seen ? seen.refused : undefined;
  if (because === undefined) return refused === undefined ? seen : { failed: `refused: ${refused}` };
  return refused !== undefined && because.test(refused) ? seen : { failed: `not refused for its reason: ${refused}` };
}
