export type SandboxVerbOptions = {};
export function sandbox(): never {
  throw new Error("not yet");
}
