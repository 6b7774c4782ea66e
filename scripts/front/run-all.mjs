// Runs the same program with many sets of words, as many at once as there are processors.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";

function runOne(program, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ["ignore", "inherit", "inherit"] });
    child.once("error", reject);
    child.once("exit", (status) =>
      status === 0 ? resolve() : reject(new Error(`${program} ${args.join(" ")}: status ${status}`)),
    );
  });
}

/** Runs them all; throws when one fails. */
export async function runAll(program, sets, options) {
  const left = [...sets];
  const worker = async () => {
    for (let args = left.shift(); args !== undefined; args = left.shift()) await runOne(program, args, options);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}
