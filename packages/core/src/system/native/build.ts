// In the place of system/node/build.ts.
export { checksum } from "./node/crypto.ts";

/** Put in by the build: a digest of the script and the engine. */
declare const COFFER_BUILD: string;

/** What tells this program from others. */
export const build: string | undefined = COFFER_BUILD;

/** Whether the host still answers as in a log. */
export const isSame: ((log: Uint8Array) => boolean) | undefined = (log) => host.same(log);
