// The page's side of the worker: one question, one answer. Only the newest answer to a question of a kind counts.
import workerSource from "virtual:worker";
import type { Answers, Outcome, Request } from "./protocol.ts";

interface Reply {
  readonly id: number;
  readonly outcome: Outcome<Answers[Request["ask"]]>;
}

const waiting = new Map<number, (outcome: Reply["outcome"]) => void>();
let last = 0;

/** A worker from text: a page in a folder may not load one by its name. */
function startWorker(): Worker {
  const url = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
  const worker = new Worker(url);
  worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
    waiting.get(data.id)?.(data.outcome);
    waiting.delete(data.id);
  });
  return worker;
}

const worker = startWorker();

type AnswerTo<R extends Request> = Answers[R["ask"]];

function isAnswer<R extends Request>(_request: R, _outcome: Reply["outcome"]): _outcome is Outcome<AnswerTo<R>> {
  return true;
}

/** Asks the worker. */
export function ask<R extends Request>(request: R): Promise<Outcome<AnswerTo<R>>> {
  last += 1;
  const id = last;
  return new Promise((resolve, reject) => {
    waiting.set(id, (outcome) => {
      if (isAnswer(request, outcome)) resolve(outcome);
      else reject(new Error("the worker has answered another question"));
    });
    worker.postMessage({ id, request });
  });
}
