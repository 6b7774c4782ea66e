#!/usr/bin/env node
// oclif would warn on Node 20 at every command. The word is taken back: a sandbox may be given the caller's environment.
const quiet = "OCLIF_DISABLE_ENGINE_WARNING";
const before = process.env[quiet];
process.env[quiet] = "1";
const { main } = await import("#main");
if (before === undefined) delete process.env[quiet];
else process.env[quiet] = before;

process.exitCode = await main(process.argv.slice(2));
