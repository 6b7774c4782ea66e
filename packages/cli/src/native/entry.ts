// The native front: what the engine calls (helper-c/front/engine/engine.c). `warm` runs while the program is built, and what it
// leaves is part of the image; `begin` and `turn` run in every process.
import { beginProcess, setFailureStatus, turnOnce } from "@coffer/core/native";
import { main } from "../main.ts";
import { warm } from "./warm.ts";

let isWarm = false;
/** The exit status plus one, once `main` has ended. */
let ended = 0;

/** With which status a failure of this program itself ends it. */
let failure = 1;

function end(status: number): void {
  ended = status + 1;
}

/** `main` tells every error itself; what it throws is our mistake, or tells that no memory is left to make an error of. */
function fail(error: unknown): void {
  const text = error instanceof Error ? error.message : "the engine has no memory left";
  process.stderr.write(`coffer: internal error: ${text}\n`);
  end(failure);
}

function setFailure(status: number): void {
  failure = status;
  setFailureStatus(status);
}

const front = {
  warm: (): number => {
    warm().then(
      () => {
        isWarm = true;
      },
      (error: Error) => process.stderr.write(`${error.message}\n${error.stack}\n`),
    );
    return 0;
  },
  isWarm: (): number => (isWarm ? 1 : 0),
  begin: (): number => {
    const [name = "", ...argv] = beginProcess();
    const base = name.slice(name.lastIndexOf("/") + 1);
    const face = base === "coffer" ? "coffer" : "coffer-oci";
    main(argv, face, setFailure).then(end, fail);
    return 0;
  },
  turn: (): number => {
    if (ended === 0 && !turnOnce()) throw new Error("nothing is left to wait for");
    return ended;
  },
};

Object.assign(globalThis, { front });
