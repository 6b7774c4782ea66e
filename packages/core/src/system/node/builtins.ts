// Parts of Node that take longer to load (10 ms each) than some verbs take in all: loaded when they are first used.
import { createRequire } from "node:module";

/** Node's own parts are the same from everywhere; a bundle of the kind CommonJS has no address of this file. */
const require = createRequire("/");

/** `node:child_process`. */
export function childProcess(): typeof import("node:child_process") {
  return require("node:child_process");
}

/** `node:crypto`. */
export function cryptography(): typeof import("node:crypto") {
  return require("node:crypto");
}

/** `node:dns`. */
export function nameService(): typeof import("node:dns") {
  return require("node:dns");
}

/** `node:http`. */
export function hypertext(): typeof import("node:http") {
  return require("node:http");
}

/** `node:tls`. */
export function secureSockets(): typeof import("node:tls") {
  return require("node:tls");
}

/** `node:net`. */
export function network(): typeof import("node:net") {
  return require("node:net");
}

/** `node:stream`. */
export function streams(): typeof import("node:stream") {
  return require("node:stream");
}
