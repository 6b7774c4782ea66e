// Where CRIU is looked for, and which lines of its log an error has.
import test from "ava";
import { CofferError } from "../errors.ts";
import { makeMemorySystem } from "../system/memory.ts";
import { findCriu, locateCriu, toCriuError } from "./program.ts";
import { dirOf } from "./testing/dir.ts";

/** A machine on which these paths can be executed, and that has the caller's PATH. */
const machine = (...programs: readonly string[]) => {
  const system = makeMemorySystem();
  const canAccess = (path: string, right: string): boolean => right === "execute" && programs.includes(path);
  return { ...system, canAccess, caller: { ...system.caller, env: { PATH: "/opt/bin" } } };
};

test("criu is found at one of five places, in their order, and never in the caller's PATH", (t) => {
  t.is(locateCriu(machine("/usr/local/bin/criu", "/usr/bin/criu")), "/usr/bin/criu");
  t.is(findCriu(machine("/usr/local/bin/criu")), "/usr/local/bin/criu");
  t.is(locateCriu(machine("/opt/bin/criu")), undefined);
  t.throws(() => findCriu(machine("/opt/bin/criu")), {
    code: "E_HOST_UNSUPPORTED",
    message: /looked for at \/usr\/sbin/,
  });
});

const failed = (op: string) => new CofferError("E_LAUNCH_FAILED", `the op ${op} failed`, { op });
const withLog = (text: string) => dirOf({ "dump.log": new Uint8Array(Buffer.from(text)) });
const errorOf = (n: number): string => `(00.00${n}) Error (criu/x.c:${n}): one ${n}`;

/** The errors of a log, as an error of the verb has them. */
function errorsIn(log: string): unknown {
  const error = toCriuError(failed("ask-criu"), "dump", withLog(log));
  return CofferError.is(error, "E_CRIU_FAILED") ? error.details.errors : error;
}

test("only a plan that asked CRIU fails in CRIU's words", (t) => {
  for (const error of [failed("clone"), new CofferError("E_IO", "no", { path: "/" }), new Error("no")])
    t.is(toCriuError(error, "dump", withLog(errorOf(1))), error);
});

test("an error has the last five errors of the log, without their times", (t) => {
  const log = ["(00.001) Warn  (x.c:1): no", ...[1, 2, 3, 4, 5, 6].map(errorOf), "(00.9) Dumping finished"].join("\n");
  t.deepEqual(
    errorsIn(log),
    [2, 3, 4, 5, 6].map((n) => `Error (criu/x.c:${n}): one ${n}`),
  );
});

test("errors that do no harm are not among them, and a long line is cut", (t) => {
  const harmless = ["Can't setup RLIMIT_NOFILE for self", "Unable to create tun: No such", "cgroupd: recv req error"];
  const log = harmless.map((text) => `(00.1) Error (criu/x.c:1): ${text}`).join("\n");
  t.deepEqual(errorsIn(`${log}\n${errorOf(7)}${"x".repeat(400)}`), [
    `Error (criu/x.c:7): one 7${"x".repeat(400)}`.slice(0, 300),
  ]);
});

test("without an error in the log, or without a log, the message is the launch's", (t) => {
  for (const dir of [withLog("(00.1) all is well"), dirOf({})]) {
    const error = toCriuError(failed("ask-criu"), "dump", dir);
    t.like(error, { code: "E_CRIU_FAILED", details: { log: "/images/dump.log", errors: [] } });
    t.regex(`${error}`, /criu failed: dump: the op ask-criu failed; log file: \/images\/dump\.log/);
  }
});

test("the log is that of the verb", (t) => {
  const error = toCriuError(
    failed("ask-criu"),
    "restore",
    dirOf({ "restore.log": new Uint8Array(Buffer.from(errorOf(1))) }),
  );
  t.regex(`${error}`, /criu failed: restore: Error \(criu\/x\.c:1\): one 1; log file: \/images\/restore\.log/);
});
