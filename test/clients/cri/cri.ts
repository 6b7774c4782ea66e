// `node cri.ts METHOD JSON [FIELD.FIELD] [-- METHOD JSON [FIELD.FIELD]]…`: calls of the Container Runtime Interface, as
// crictl and the kubelet make them. Prints a field of the answer, one line for each where there are several. A next call is
// made for each of those, which is put in for `%`; it prints the same again where it names no field.
import { connect } from "node:http2";
import { createConnection } from "node:net";
import type { JsonObject } from "./protobuf.ts";
import { decode, encode } from "./protobuf.ts";

const socket = "/run/containerd/containerd.sock";
const timeoutMs = 60_000;

/** A call of gRPC: a message behind its compression flag and length, and the status in the trailers. */
function call(method: string, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const session = connect("http://localhost", { createConnection: () => createConnection(socket) });
    session.on("error", reject);
    const stream = session.request({
      ":method": "POST",
      ":path": `/runtime.v1.RuntimeService/${method}`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.setTimeout(timeoutMs, () => reject(new Error(`${method}: no answer`)));
    const chunks: Buffer[] = [];
    let status: unknown;
    let message = "";
    const read = (headers: Readonly<Record<string, unknown>>): void => {
      status = headers["grpc-status"] ?? status;
      message = decodeURIComponent(String(headers["grpc-message"] ?? message));
    };
    stream.on("response", read).on("trailers", read).on("error", reject);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      session.close();
      if (status === "0") resolve(Buffer.concat(chunks).subarray(5));
      else reject(new Error(`${method}: ${message} (${String(status)})`));
    });
    const head = Buffer.alloc(5);
    head.writeUInt32BE(request.length, 1);
    stream.end(Buffer.concat([head, request]));
  });
}

/** What is there at a path: through each element of a list. */
function pick(value: JsonObject[string], path: readonly string[]): readonly JsonObject[string][] {
  if (Array.isArray(value)) return value.flatMap((one: JsonObject[string]) => pick(one, path));
  const [first, ...rest] = path;
  if (first === undefined) return [value];
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.entries(value).find(([name]) => name === first);
  return inner === undefined ? [] : pick(inner[1], rest);
}

/** One call, for a line of the call before it. */
async function step(words: readonly string[], line: string): Promise<readonly string[]> {
  const [method = "", json = "{}", path] = words;
  const request: JsonObject = JSON.parse(json.replaceAll("%", line));
  const answer = decode(`${method}Response`, await call(method, encode(`${method}Request`, request)));
  if (path === undefined) return line === "" ? [] : [line];
  return pick(answer, path.split(".")).map((one) => (typeof one === "string" ? one : JSON.stringify(one)));
}

let lines: readonly string[] = [""];
try {
  for (let rest = process.argv.slice(2); rest.length > 0; ) {
    const end = rest.includes("--") ? rest.indexOf("--") : rest.length;
    const next: string[] = [];
    for (const line of lines) next.push(...(await step(rest.slice(0, end), line)));
    lines = next;
    rest = rest.slice(end + 1);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
for (const line of lines) if (line !== "") process.stdout.write(line.endsWith("\n") ? line : `${line}\n`);
