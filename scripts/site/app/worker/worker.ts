// The worker: plans where the page does not wait for it.

import type { Request } from "../protocol.ts";
import { handle } from "./engine.ts";

addEventListener("message", (event: MessageEvent<{ readonly id: number; readonly request: Request }>) => {
  const { id, request } = event.data;
  postMessage({ id, outcome: handle(request) });
});
