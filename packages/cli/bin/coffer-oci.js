#!/usr/bin/env node
import { startCompileCache } from "#compile-cache";

startCompileCache();
const { main } = await import("#oci");
process.exitCode = await main(process.argv.slice(2));
