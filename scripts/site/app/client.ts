// The page's side of the worker: one question, one answer. Only the newest answer to a question of a kind counts.
import workerSource from "virtual:worker";
import { joinAnswer } from "./parts.ts";
import type { Answers, Outcome, Request } from "./protocol.ts";

/** A part of an answer, or its end. */
interface Reply {
  readonly id: number;
  readonly part?: readonly unknown[];
  readonly rest?: unknown;
}

interface Waiting {
  readonly parts: (readonly unknown[])[];
  readonly resolve: (outcome: unknown) => void;
}

const waiting = new Map<number, Waiting>();
let last = 0;

/** A worker from text: a page in a folder may not load one by its name. */
function startWorker(): Worker {
  const url = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
  const worker = new Worker(url);
  worker.addEventListener("message", ({ data: { id, part, rest } }: MessageEvent<Reply>) => {
    const asked = waiting.get(id);
    if (part !== undefined) return void asked?.parts.push(part);
    waiting.delete(id);
    asked?.resolve(joinAnswer(rest, asked.parts));
  });
  return worker;
}

const worker = startWorker();

type AnswerTo<R extends Request> = Answers[R["ask"]];

/** The worker is of this page, and answers each request with what `Answers` has for it. */
function isAnswer<R extends Request>(_request: R, _outcome: unknown): _outcome is Outcome<AnswerTo<R>> {
  return true;
}

/** Asks the worker. */
export function ask<R extends Request>(request: R): Promise<Outcome<AnswerTo<R>>> {
  last += 1;
  const id = last;
  return new Promise((resolve, reject) => {
    const answered = (outcome: unknown): void => {
      if (isAnswer(request, outcome)) resolve(outcome);
      else reject(new Error("the worker has answered another question"));
    };
    waiting.set(id, { parts: [], resolve: answered });
    worker.postMessage({ id, request });
  });
}
