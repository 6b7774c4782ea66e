// `npm run soak -- [--containers N] [--workers N] [--user]`: containers are created, started, exec'd, killed and deleted
// over and over. Now and then the launcher or a front is killed. In the end nothing is left, and nothing has grown.
import { parseArgs } from "node:util";
import { reenterAsUser } from "./soak/as-user.ts";
import { printSoak, soak, soakFailures } from "./soak/soak.ts";

const { values } = parseArgs({
  options: {
    containers: { type: "string", default: "10000" },
    workers: { type: "string", default: "8" },
    user: { type: "boolean", default: false },
  },
});

if (values.user && process.getuid?.() === 0) process.exitCode = reenterAsUser();
else {
  const result = await soak({ containers: Number(values.containers), workers: Number(values.workers) });
  console.log(printSoak(result));
  const failures = soakFailures(result);
  for (const failure of failures) console.log(`failed: ${failure}`);
  process.exitCode = failures.length > 0 ? 1 : 0;
}
