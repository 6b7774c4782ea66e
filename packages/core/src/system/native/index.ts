// What the native front's entry calls.
export type { MemorySystem } from "../memory.ts";
export { makeMemorySystem } from "../memory.ts";
export { turnOnce } from "./loop.ts";
export { beginProcess, setFailureStatus } from "./node/process.ts";
