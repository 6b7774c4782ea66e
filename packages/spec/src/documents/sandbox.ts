// What a sandbox may be told: one set of schemas for the command line, the API and files of settings.
import * as z from "../values/zod.ts";

const word = z
  .string()
  .min(1)
  .regex(/^[^\0]*$/);
const words = z.array(word);
// One schema of each kind for all fields: each takes memory of the native front.
const list = words.optional();
const flag = z.boolean().optional();

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

/** What becomes of what is written to an overlay. */
export const overlayModes = ["discard", "keep"] as const;

const cache = z.array(z.enum(cacheNames)).optional();
const leastBytes = 4096;
const inMemory = z.string().regex(/^\//);

/** The options of a sandbox that are about files. A relative path counts from the caller's directory. */
export const sandboxFiles = z.strictObject({
  /** Paths that can be read. */
  read: list,
  /** Paths that can be written. */
  write: list,
  /** Paths that are hidden; `*`, `?` and `**` stand for names. */
  deny: list,
  /** Directories that are empty file systems in memory. */
  tmp: list,
  /** What of the host is where: `SRC:DST`, `SRC:DST:ro`, `SRC:DST:rw`. */
  bind: z
    .array(
      z
        .string()
        .regex(/^[^:\0]+:\/[^:\0]*(?::r[ow])?$/, "must be SRC:DST, SRC:DST:ro or SRC:DST:rw, with an absolute DST"),
    )
    .optional(),
  /** Unix sockets of the host that can be connected to: paths, and names such as `ssh-agent`. */
  sockets: list,
  /** `auto`: toolchains that PATH and the usual variables name can be read. Default `auto`. */
  tools: z.enum(["auto", "none"]).optional(),
  /** Tools whose downloads are shared with the host. */
  cache,
  /** Settings that programs of the host run are read-only in writable trees. Default true. */
  guards: flag,
  /** Guarded names that are missing cannot be made, or the sandbox does not start. Default false. */
  fence: flag,
  /**
   * The tree that is worked in can be written, and what is written goes to an overlay. `discard`: in memory, and forgotten.
   * `keep`: on the disk, for the next sandbox of the same name.
   */
  overlay: z.enum(overlayModes).optional(),
  /** Sizes of file systems in memory, path → bytes. */
  sizes: z.record(inMemory, z.int().min(leastBytes)).optional(),
});

const variable = z.string().regex(/^[^=\0]+$/);
const port = z.int().min(1).max(65_535);
const ports = z.array(port).optional();

/** A number of bytes, or a word such as `512m`. */
const size = z.union([z.int().min(leastBytes), z.string().regex(/^\d{1,6}[kmgt]$/)]);
const sizes = z.record(inMemory, size).optional();

/** How hosts are reached. */
export const networkModes = ["none", "proxy", "user"] as const;

const network = z.strictObject({
  /** `none`: not at all, whatever other settings allow. `proxy`: through a proxy, by names. `user`: by a user-mode network (pasta(1)), for any program. Default `proxy`. */
  mode: z.enum(networkModes).optional(),
  /** Hosts that can be reached: names, `*.DOMAIN`, addresses and networks, each with `:PORT` or for all ports. */
  allow: list,
  /** Hosts that cannot, although `allow` has them. */
  deny: list,
  /** Ports of the host's loopback interface that the sandbox has on its own. */
  hostPorts: ports,
  /** Ports of the sandbox that the host has: `[ADDRESS:][HOSTPORT:]PORT`. */
  publish: list,
});

const limits = z.strictObject({
  memory: size.optional(),
  pids: z.int().min(1).optional(),
  cpus: z.number().min(0.01).max(1_000_000).optional(),
  /** Of each file, and of each file system in memory. */
  disk: size.optional(),
  /** Milliseconds. */
  timeout: z
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .optional(),
});

/** What somebody else's settings may ask for. A list that is missing has nothing in it. */
const grants = z.strictObject({
  /** Paths that may be read, with everything beneath. */
  read: list,
  /** Paths that may be written, with everything beneath. */
  write: list,
  /** Unix sockets that may be shown, each by its path or name: a directory around a socket does not grant it. */
  sockets: list,
  /** The tree that is worked in may be writable. */
  writable: flag,
  cache,
  keepEnv: z.array(variable).optional(),
  /** Hosts, ports of the host, and ports to publish: each as `network` has them. */
  allow: list,
  hostPorts: ports,
  publish: list,
  sizes,
});

const profileShape = {
  $schema: z.string().optional(),
  /** Names of built-in profiles, and paths of files: what they say comes first. */
  extends: list,
  ...sandboxFiles.shape,
  sizes,
  /** The tree that is worked in can be written. */
  writable: flag,
  /** Variables that are set. */
  env: z.record(variable, z.string().regex(/^[^\0]*$/)).optional(),
  /** Variables that are the caller's. */
  keepEnv: z.array(variable).optional(),
  network: network.optional(),
  limits: limits.optional(),
};

/** A profile: a project's file of settings, a file that `--profile` names, or one of those that are built in. */
export const sandboxProfile = z.strictObject(profileShape);

/** A user's own settings for every sandbox. */
export const sandboxSettings = z.strictObject({
  ...profileShape,
  /** What files of projects may ask for. Without it: nothing that shows or gives more. */
  projects: grants.optional(),
});

/** The options of a sandbox that are about files. */
export type SandboxFiles = z.infer<typeof sandboxFiles>;

/** A profile of a sandbox. */
export type SandboxProfile = z.infer<typeof sandboxProfile>;

/** A user's own settings. */
export type SandboxSettings = z.infer<typeof sandboxSettings>;

/** What somebody else's settings may ask for. */
export type SandboxGrants = z.infer<typeof grants>;

/** The name of a tool whose downloads can be kept. */
export type CacheName = (typeof cacheNames)[number];
