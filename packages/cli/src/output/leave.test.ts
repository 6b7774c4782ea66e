// What has been told is read to its end, however slowly, and nothing else keeps the process.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import test from "ava";

const size = 1_000_000;
const program = `
import { leaveLater } from ${JSON.stringify(fileURLToPath(new URL("leave.ts", import.meta.url)))};
process.stdout.write("x".repeat(${size}));
process.exitCode = 7;
setInterval(() => {}, 1000);
leaveLater(100);
`;

test("a reader who waits gets all of it, and the process ends with its status", async (t) => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program]);
  const ended = new Promise((resolve) => child.once("close", (status) => resolve(status)));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  let read = 0;
  for await (const chunk of child.stdout) read += chunk.length;
  t.is(read, size);
  t.is(await ended, 7);
});
