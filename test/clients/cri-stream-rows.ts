// The streams of `kubectl exec`, `attach` and `port-forward`: containerd serves them, the runtime makes the terminals, and
// its processes have the other ends.
import type { JsonObject } from "./cri/protobuf.ts";
import { container, pod, serves, waits } from "./cri/scripts.ts";
import type { Row } from "./rows.ts";

/** Words of the shell; those of the scripts have no single quotes. */
const words = (texts: readonly string[]): string => texts.map((text) => `'${text}'`).join(" ");
const stream = (call: string, ...steps: readonly string[]): string => `stream "$(${call} url)" ${words(steps)}`;
const of = (value: JsonObject): string => `'{"container_id":"'$c'",${JSON.stringify(value).slice(1)}'`;

const both = { stdout: true, stderr: true };
const input = { stdin: true, stdout: true };
const terminal = { ...input, tty: true };

const exec = (script: string, streams: JsonObject, ...steps: readonly string[]): string =>
  stream(`cri Exec ${of({ ...streams, cmd: ["sh", "-c", script] })}`, ...steps);
const attach = (streams: JsonObject, ...steps: readonly string[]): string =>
  stream(`cri Attach ${of(streams)}`, ...steps);

const sized = 'trap "stty size; exit 5" WINCH; echo ready; while :; do sleep 0.1; done';
const size = '4{"Width":100,"Height":30}';
const interrupted = 'trap "echo stopped; exit 6" INT; echo ready; while :; do sleep 0.1; done';

/** What containerd's server of streams does with the runtime's processes. */
export const streamRows: readonly Row[] = [
  {
    title: "kubectl exec: outputs of their own, and the status",
    script: `${pod()}; ${container(waits)}; ${exec("echo err >&2; echo out; exit 3", both)}; ${exec("echo out", both)}`,
    prints: `out\nerr\nexit 3\nout\nSuccess\n`,
  },
  {
    title: "kubectl exec -i: input, and its end",
    script: `${pod()}; ${container(waits)}; ${exec("read line; echo got $line", input, "0some\n")}
${exec("cat >/tmp/got; echo end >>/tmp/got", input, "0more\n", "leave")}; inside 'until grep -q end /tmp/got; do sleep 0.1; done; cat /tmp/got'`,
    prints: "got some\nSuccess\nmore\nend\n",
  },
  {
    title: "kubectl exec -it: a terminal, its size, and its keys",
    script: `${pod()}; ${container(waits)}; ${exec(sized, terminal, "until ready", size)}; ${exec(interrupted, terminal, "until ready", "0\u0003")}
${exec("test -t 1 && echo ready; read line; echo got $line", terminal, "until ready", "0some\r")}`,
    prints: `ready\r\n30 100\r\nexit 5\nready\r\n^Cstopped\r\nexit 6\nready\r\nsome\r\ngot some\r\nSuccess\n`,
  },
  {
    title: "kubectl attach: to input and output, again, and to the end",
    script: `${pod()}; ${container("while read line; do echo got $line; test $line != last || exit 4; done", { stdin: true })}
${attach(input, "0some\n", "until got some", "leave")}; ${attach(input, "0last\n")}; ended; status exit_code`,
    prints: "got some\ngot last\nSuccess\n4\n",
  },
  {
    // The size can be there before who attaches hears of it.
    title: "kubectl attach: to a terminal, its size, and its keys",
    script: `${pod()}; ${container('trap "exit 5" INT; while :; do stty size; sleep 0.1; done', { stdin: true, tty: true })}
${attach(terminal, size, "until 30 100", "0\u0003")} | grep -o "30 100\\|Success" | uniq; ended; status exit_code`,
    prints: "30 100\nSuccess\n5\n",
  },
  {
    title: "kubectl attach: input once ends with who was attached",
    script: `${pod()}; ${container("cat; exit 7", { stdin: true, stdin_once: true })}; ${attach(input, "0some\n", "until some", "leave")}; ended; status exit_code`,
    prints: "some\n7\n",
  },
  {
    title: "kubectl port-forward",
    script: `${pod()}; ${container(serves)}
${stream(`cri PortForward '{"pod_sandbox_id":"'$p'","port":[80]}'`).replace(" url)", " url)?port=80")} "0$(printf 'GET /group HTTP/1.0\\r\\n\\r\\n.')" 'until root' leave | grep -ao 'root:x:0:'`,
    prints: "root:x:0:\n",
  },
];
