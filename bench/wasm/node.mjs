// A module in Node's own WASI.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [, , path = ""] = process.argv;
const wasi = new WASI({ version: "preview1", args: [path], env: {} });
const module = await WebAssembly.compile(readFileSync(path));
wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
