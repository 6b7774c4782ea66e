// What a sandbox may be told of files: one schema for the command line, the API and files of options.
import * as z from "./zod.ts";

const word = z
  .string()
  .min(1)
  .regex(/^[^\0]*$/);
const words = z.array(word);

/** The tools whose downloads can be kept between sandboxes. */
export const cacheNames = [
  "bun",
  "cargo",
  "deno",
  "go",
  "gradle",
  "maven",
  "npm",
  "pip",
  "pnpm",
  "uv",
  "yarn",
] as const;

/** The options of a sandbox that are about files. A relative path counts from the caller's directory. */
export const sandboxFiles = z.strictObject({
  /** Paths that can be read. */
  read: words.optional(),
  /** Paths that can be written. */
  write: words.optional(),
  /** Paths that are hidden; `*`, `?` and `**` stand for names. */
  deny: words.optional(),
  /** Directories that are empty file systems in memory. */
  tmp: words.optional(),
  /** What of the host is where: `SRC:DST`, `SRC:DST:ro`, `SRC:DST:rw`. */
  bind: z.array(z.string().regex(/^[^:\0]+:\/[^:\0]*(?::r[ow])?$/)).optional(),
  /** `auto`: toolchains that PATH and the usual variables name can be read. Default `auto`. */
  tools: z.enum(["auto", "none"]).optional(),
  /** Tools whose downloads are shared with the host. */
  cache: z.array(z.enum(cacheNames)).optional(),
  /** Settings that programs of the host run are read-only in writable trees. Default true. */
  guards: z.boolean().optional(),
  /** Sizes of file systems in memory, path → bytes. */
  sizes: z.record(z.string().regex(/^\//), z.int().min(4096)).optional(),
});

/** The options of a sandbox that are about files. */
export type SandboxFiles = z.infer<typeof sandboxFiles>;

/** The name of a tool whose downloads can be kept. */
export type CacheName = (typeof cacheNames)[number];
