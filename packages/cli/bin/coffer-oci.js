#!/usr/bin/env node
import { closeSync, existsSync } from "node:fs";
import { isatty } from "node:tty";

// One file (scripts/bundle.mjs) loads in a fraction of the time of the modules that it is made of.
const bundle = new URL("../bundle/main.js", import.meta.url);
const { main } = await import(existsSync(bundle) ? bundle.href : "#main");
process.exitCode = await main(process.argv.slice(2), "coffer-oci");
// At its exit Node gives a terminal the modes that it had when Node began: what others have set meanwhile would be lost.
process.on("exit", () => [0, 1, 2].filter(isatty).forEach(closeSync));
