// Builds the plan explorer: npm run site [DIRECTORY]     (default site/). Open site/index.html in a browser.
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildApp } from "./site/build.ts";
import { buildDocs } from "./site/docs.ts";

const to = resolve(process.argv[2] ?? "site");
rmSync(to, { recursive: true, force: true });
await buildApp(to);
buildDocs(join(to, "docs"));
