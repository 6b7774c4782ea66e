// For unit tests: asks a port again what a log has. The native front does that in C (helper-c/front/bind/same.c).
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { decodeText } from "../../../wire/utf8.ts";
import type { Runtime } from "../../runtime.ts";
import type { Question } from "./log.ts";
import { headSize, questions } from "./log.ts";
import { startRecorder } from "./recorder.ts";

const most = 1 << 20;

/** Asks one question by way of a recorder, which notes the answer. */
function ask(system: System, question: Question, path: string, detail: number, isTyped: boolean): void {
  switch (question) {
    case "stat":
      return void system.stat(path);
    case "statLink":
      return void system.stat(path, { follow: false });
    case "kind":
      return void system.kindsOf([path]);
    case "kindLink":
      return void system.kindsOf([path], { follow: false });
    case "readLink":
      return void system.readLink(path);
    case "access":
      return void system.canAccess(path, detail === 2 ? "write" : "execute");
    case "file":
    case "lines":
      return void system.readText(path, most);
    case "variable":
      return void system.caller.env[path];
    case "names":
      return void (isTyped ? system.listTyped(path) : system.listDir(path));
  }
}

/** Whether a port answers as in a log: each question is asked by way of a recorder, and the two logs must be the same. */
export function isSameIn(system: System): NonNullable<System["isSame"]> {
  return (log) => {
    const runtime: Runtime = { system, root: "/run/coffer" };
    const recorder = startRecorder(runtime);
    const view = new DataView(log.buffer, log.byteOffset, log.length);
    for (let at = 0; at < log.length; ) {
      const question = questions[log[at] ?? 0];
      const pathAt = at + headSize;
      const answerAt = pathAt + view.getUint16(at + 2, true) + 1;
      const path = decodeText(log, pathAt, answerAt - 1);
      if (question === undefined) return false;
      optional(() => ask(recorder.runtime.system, question, path, log[at + 1] ?? 0, log[answerAt] !== 0x3f));
      at = answerAt + view.getUint32(at + 8, true);
    }
    const again = recorder.taken()?.log;
    return again?.length === log.length && again.every((byte, index) => byte === log[index]);
  };
}
