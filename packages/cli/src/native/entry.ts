// The native front: what the engine calls (helper-c/front/engine/engine.c). `warm` runs while the program is built, and what it
// leaves is part of the image; `begin` and `turn` run in every process.
import { beginProcess, setFailureStatus, turnOnce } from "@coffer/core/native";
import { main } from "../main.ts";
import { warm } from "./warm.ts";

let isWarm = false;
/** The exit status plus one, once `main` has ended. */
let ended = 0;

function end(status: number): void {
  ended = status + 1;
}

/** `main` tells every error itself; what it throws is our mistake. */
function fail(error: unknown): void {
  process.stderr.write(
    `coffer: internal error: ${error instanceof Error ? `${error.message}\n${error.stack}` : error}\n`,
  );
  end(1);
}

const front = {
  warm: (): number => {
    warm().then(() => {
      isWarm = true;
    }, fail);
    return 0;
  },
  isWarm: (): number => (isWarm ? 1 : 0),
  begin: (): number => {
    const [name = "", ...argv] = beginProcess();
    const base = name.slice(name.lastIndexOf("/") + 1);
    const face = base === "coffer" ? "coffer" : "coffer-oci";
    main(argv, face, setFailureStatus).then(end, fail);
    return 0;
  },
  turn: (): number => {
    if (ended === 0 && !turnOnce()) throw new Error("nothing is left to wait for");
    return ended;
  },
};

Object.assign(globalThis, { front });
