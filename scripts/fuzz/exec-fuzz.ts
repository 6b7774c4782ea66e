// `node scripts/fuzz/exec-fuzz.ts [--time SECONDS] [--seed N]`: good plans are changed at the level of ops. Those that the
// verifier still takes are executed, as an ordinary user in a new user namespace. Then what must hold for every plan is
// checked.
import { parseArgs } from "node:util";
import { reenterAsUser } from "../soak/as-user.ts";
import { execFuzz } from "./exec-fuzz/fuzz.ts";

const { values } = parseArgs({
  options: { time: { type: "string", default: "60" }, seed: { type: "string" } },
});

if (process.getuid?.() === 0) process.exitCode = reenterAsUser();
else {
  const seed = values.seed === undefined ? Date.now() % 0x7fffffff : Number(values.seed);
  const result = await execFuzz({ seconds: Number(values.time), seed });
  const { changed, accepted, ran, failure } = result;
  console.log(
    `seed ${seed}: ${changed} plans, ${accepted} accepted and executed (${((100 * accepted) / Math.max(1, changed)).toFixed(1)} %), in ${ran} the program ran`,
  );
  if (failure !== undefined) console.log(`failed: ${failure}`);
  process.exitCode = failure === undefined && ran > 0 ? 0 : 1;
}
