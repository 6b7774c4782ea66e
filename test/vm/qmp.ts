// QEMU's monitor: JSON lines over a unix socket.
import { once } from "node:events";
import { createConnection } from "node:net";
import type { Interface } from "node:readline";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";

/** A connection to a monitor. */
export type Monitor = {
  /** Runs a command; throws what QEMU answers as an error. */
  readonly run: (command: string, args?: object) => Promise<unknown>;
  readonly close: () => void;
};

type Answer = { readonly return?: unknown; readonly error?: { readonly desc: string } };

function nextAnswer(lines: Interface): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(new Error("QEMU has ended"));
    const hear = (line: string): void => {
      const message = JSON.parse(line);
      if (!("return" in message || "error" in message)) return;
      lines.off("line", hear).off("close", end);
      resolve(message);
    };
    lines.on("line", hear).once("close", end);
  });
}

/** Connects to a monitor's socket, which QEMU makes soon after its start; `alive` says whether there is still one to wait for. */
export async function openMonitor(path: string, alive: () => boolean): Promise<Monitor> {
  for (;;) {
    const socket = createConnection(path);
    try {
      await once(socket, "connect");
      const lines = createInterface({ input: socket });
      let ended = false;
      lines.once("close", () => {
        ended = true;
      });
      const run = async (command: string, args: object = {}): Promise<unknown> => {
        if (ended) throw new Error("QEMU has ended");
        const answer = nextAnswer(lines);
        socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
        const { error, return: value } = await answer;
        if (error !== undefined) throw new Error(`QEMU: ${command}: ${error.desc}`);
        return value;
      };
      await run("qmp_capabilities");
      return { run, close: () => socket.destroy() };
    } catch (error) {
      socket.destroy();
      if (!alive()) throw error;
      await setTimeout(20);
    }
  }
}
