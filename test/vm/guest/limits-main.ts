// Runs in the guest: every check of limits.ts, one JSON line each.
import { openRuntime } from "@coffer/core";
import { prepareBundles } from "./bundle.ts";
import { limitChecks } from "./limits.ts";

prepareBundles();
const runtime = openRuntime({ root: "/run/coffer" });
for (const [name, check] of Object.entries(limitChecks)) {
  const started = performance.now();
  const result = await check(runtime).then(
    (facts) => ({ facts }),
    (error) => ({ error: error instanceof Error ? `${error.message}\n${error.stack}` : `${error}` }),
  );
  console.log(JSON.stringify({ name, ...result, ms: Math.round(performance.now() - started) }));
}
