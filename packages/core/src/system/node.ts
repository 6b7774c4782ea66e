// The port on Node. Together with ./node/ the only place of core that imports `node:*`.

import { closeSync, constants, openSync } from "node:fs";
import process from "node:process";
import { isatty } from "node:tty";
import { build, checksum, isSame } from "./node/build.ts";
import { cryptography } from "./node/builtins.ts";
import { isInherited, readCwd, readEnv } from "./node/caller.ts";
import * as dirs from "./node/files/dir.ts";
import * as files from "./node/files/files.ts";
import { openGrowing } from "./node/files/growing.ts";
import { gunzip } from "./node/files/gunzip.ts";
import { holdDir, holdPlace, makeWay, openPath, ownFds } from "./node/files/hold.ts";
import { areMissing, changedSince, kindsOf } from "./node/files/kinds.ts";
import { readLines } from "./node/files/lines.ts";
import { watchNames } from "./node/files/made.ts";
import { readNamed, readNamedText } from "./node/files/named.ts";
import { writeFile } from "./node/files/output.ts";
import { readStdin } from "./node/input.ts";
import { isBound } from "./node/launch/bound.ts";
import { capture, captureHelper } from "./node/launch/capture.ts";
import { findHelper } from "./node/launch/helper.ts";
import { launchAhead, launchHelper, launchLater } from "./node/launch/launch.ts";
import { lockToLaunch, takeLock } from "./node/launch/lock.ts";
import { letGo, signalProcess } from "./node/launch/signal.ts";
import { handOver, hostNetwork } from "./node/network.ts";
import { openSeen } from "./node/seen.ts";
import { uname } from "./node/uname.ts";
import type { Caller, System } from "./port.ts";

/** ENXIO: the session has no terminal (tty(4)). */
function hasSessionTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", constants.O_RDWR | constants.O_NOCTTY));
    return true;
  } catch {
    return false;
  }
}

function readWindow(): Caller["window"] {
  if (!isatty(1)) return undefined;
  const { rows, columns } = process.stdout;
  return rows > 0 && columns > 0 ? { height: rows, width: columns } : undefined;
}

/** Each is asked of the kernel when it is read: most readers want one of them. */
const caller: Caller = {
  get uid() {
    return process.geteuid?.() ?? 0;
  },
  get gid() {
    return process.getegid?.() ?? 0;
  },
  get groups() {
    return process.getgroups?.() ?? [];
  },
  get pid() {
    return process.pid;
  },
  get cwd() {
    return readCwd();
  },
  get env() {
    return readEnv();
  },
  get hasTerminal() {
    return [0, 1, 2].some((fd) => isatty(fd)) || hasSessionTerminal();
  },
  get isOutputTerminal() {
    return isatty(1);
  },
  get isInteractive() {
    return isatty(0) && isatty(1);
  },
  get window() {
    return readWindow();
  },
};

const [later, ahead] = [launchLater, launchAhead];
const helper = (): string => findHelper(readEnv().COFFER_HELPER);

/** The port to this machine. `COFFER_HELPER` names another helper than the one that was built. */
export const nodeSystem: System = {
  caller,
  ...(build === undefined ? {} : { build }),
  ...(checksum === undefined ? {} : { checksum }),
  ...(isSame === undefined ? {} : { isSame }),
  uname,
  ...files,
  ...dirs,
  gunzip,
  kindsOf,
  areMissing,
  changedSince,
  readLines,
  openGrowing,
  watchNames,
  readNamed,
  readNamedText,
  writeFile,
  holdDir,
  holdPlace,
  makeDir: (path, options) => (options?.parents ? makeWay(path) : files.makeDir(path)),
  openPath,
  ...(openSeen === undefined ? {} : { openSeen }),
  ownFds,
  ...(isInherited === undefined ? {} : { isInherited }),
  lock: async (path, timeoutMs) => takeLock(helper(), path, timeoutMs),
  lockToLaunch: async (path, timeoutMs, setup, late) => lockToLaunch(helper, path, timeoutMs, { setup, late }),
  isBound,
  ...(hostNetwork === undefined ? {} : { network: hostNetwork }),
  ...(handOver === undefined ? {} : { handOver }),
  capture,
  askHelper: async (args, fds, input) => captureHelper(helper(), args, fds, input),
  readInput: readStdin,
  launch: async (request) => launchHelper(helper(), request),
  ...(later === undefined ? {} : { launchLater: async (setup) => later(helper(), setup) }),
  ...(ahead === undefined ? {} : { launchAhead: (setup) => ahead(helper(), setup) }),
  ...(signalProcess === undefined ? {} : { signalProcess }),
  ...(letGo === undefined ? {} : { letGo }),
  helperPath: helper,
  atExit: (action) => {
    process.once("exit", action);
    return () => void process.off("exit", action);
  },
  digest: (bytes, algorithm = "sha256") => cryptography().createHash(algorithm).update(bytes).digest("hex"),
  randomId: () => cryptography().randomBytes(8).toString("hex"),
  now: () => new Date().toISOString(),
  elapsed: () => performance.now(),
  sleep: (milliseconds) => new Promise((resolve) => void setTimeout(resolve, milliseconds)),
};
