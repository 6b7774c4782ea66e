// The worker: plans where the page does not wait for it.
import { cutAnswer } from "../parts.ts";
import type { Request } from "../protocol.ts";
import { handle } from "./engine.ts";

addEventListener("message", (event: MessageEvent<{ readonly id: number; readonly request: Request }>) => {
  const { id, request } = event.data;
  const { rest, parts } = cutAnswer(handle(request));
  for (const part of parts) postMessage({ id, part });
  postMessage({ id, rest });
});
