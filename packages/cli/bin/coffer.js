#!/usr/bin/env node
import { existsSync } from "node:fs";

// One file (scripts/bundle.mjs) loads in a fraction of the time of the modules that it is made of.
const bundle = new URL("../bundle/main.js", import.meta.url);
const { leaveLater, main } = await import(existsSync(bundle) ? bundle.href : "#main");
process.exitCode = await main(process.argv.slice(2), "coffer");
// What a sandbox has left behind, such as a name that nobody answers, does not keep its caller.
leaveLater(35_000);
