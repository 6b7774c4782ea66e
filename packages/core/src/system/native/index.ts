// What the native front's entry calls.
export { makeTables } from "../../seccomp/index.ts";
export type { MemorySystem } from "../memory.ts";
export { makeMemorySystem } from "../memory.ts";
export { turnOnce } from "./loop.ts";
export { beginProcess, setFailureStatus } from "./node/process.ts";
