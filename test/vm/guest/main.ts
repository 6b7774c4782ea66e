// Runs in the fast guest, once for the whole batch, as Node takes seconds to start there: the checks of limits.ts and the
// rows of rows.ts, a JSON line each. Words limit it to those whose name has one of them.
import { openRuntime } from "@coffer/core";
import { prepareBundles } from "./bundle.ts";
import { compare } from "./differential.ts";
import { limitChecks } from "./limits.ts";
import { guestRows } from "./rows.ts";

const words = process.argv.slice(2);
const runtime = openRuntime({ root: "/run/coffer" });

async function tell(name: string, find: () => Promise<object>): Promise<void> {
  if (words.length > 0 && !words.some((word) => name.includes(word))) return;
  const started = performance.now();
  const result = await find().catch((error) => ({ error: error instanceof Error ? error.stack : `${error}` }));
  console.log(JSON.stringify({ name, ...result, ms: Math.round(performance.now() - started) }));
}

prepareBundles();
for (const [name, check] of Object.entries(limitChecks))
  await tell(name, async () => ({ facts: await check(runtime) }));
for (const row of guestRows) await tell(row.title, () => compare(runtime, row));
