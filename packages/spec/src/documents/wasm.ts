// What an administrator says of the compilation of WebAssembly modules.
import * as z from "../values/zod.ts";

const least = 64 * 1024 * 1024;

/** The administrator's settings: of each limit the smaller one counts. */
export const wasmSettings = z.strictObject({
  $schema: z.string().optional(),
  /** Nothing is compiled here: only programs that are in the cache run. */
  compile: z.boolean().optional(),
  /** Bytes that the compilers may use. */
  memory: z.int().min(least).optional(),
  /** Seconds that one compilation may take. */
  seconds: z.int().min(1).optional(),
  /** Bytes that the programs in a cache may have. */
  cache: z.int().min(0).optional(),
});

/** The administrator's settings. */
export type WasmSettings = z.infer<typeof wasmSettings>;
