// `node stream.ts URL [STEP]…`: a stream of Exec, Attach or PortForward, which containerd serves itself, as clients of
// Kubernetes have it over a WebSocket: the first byte of each message is its channel. Steps go one after the other:
// `0TEXT` and `4TEXT` send on that channel (input, sizes of the terminal), `until TEXT` waits for it, `leave` ends the
// connection. Then, or when the other side has ended it, prints what came on each channel, in their order.
const timeoutMs = 20_000;
const statusChannel = 3;

type Status = {
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly causes: readonly { readonly reason: string; readonly message: string }[] };
};

const [url = "", ...steps] = process.argv.slice(2);
const socket = new WebSocket(url.replace(/^http/, "ws"), ["v4.channel.k8s.io"]);
socket.binaryType = "arraybuffer";
const channels = new Map<number, string>();
const textOf = (channel: number): string => channels.get(channel) ?? "";
let waiting = "";

/** Goes on with the steps, as far as what they wait for is there. */
function go(): void {
  while (waiting === "" || [...channels.values()].some((text) => text.includes(waiting))) {
    waiting = "";
    const step = steps.shift();
    if (step === undefined) return;
    if (step === "leave") socket.close();
    else if (step.startsWith("until ")) waiting = step.slice(6);
    else socket.send(Buffer.from(`${String.fromCharCode(Number(step[0]))}${step.slice(1)}`));
  }
}

/** How a command ended: its status, or what the server says. */
function told(text: string): string {
  const { reason, status, message, details }: Status = JSON.parse(text);
  const code = details?.causes.find((cause) => cause.reason === "ExitCode")?.message;
  return `${reason === "NonZeroExitCode" ? `exit ${code}` : (message ?? status)}\n`;
}

function end(problem?: string): void {
  for (const channel of [...channels.keys()].sort())
    process.stdout.write(channel === statusChannel && textOf(channel) !== "" ? told(textOf(channel)) : textOf(channel));
  if (problem === undefined) process.exit();
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}

socket.addEventListener("open", go);
socket.addEventListener("message", ({ data }: { readonly data: ArrayBuffer }) => {
  const bytes = Buffer.from(data);
  const channel = bytes.readUInt8();
  channels.set(channel, textOf(channel) + bytes.subarray(1).toString());
  go();
});
socket.addEventListener("error", () => end("the connection failed"));
socket.addEventListener("close", () =>
  end(steps.length === 0 && waiting === "" ? undefined : `never came: ${waiting}`),
);
setTimeout(() => end(`no end; waits for: ${waiting}`), timeoutMs);
