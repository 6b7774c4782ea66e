// Files that are dropped, picked or pasted: a config, a stored plan, the facts of a host, or a trace.
import type { HostFacts } from "@coffer/core";
import type { Host, Source } from "./protocol.ts";
import { isTrace } from "./read/trace.ts";

/** The largest file that is read: that of the planner's reader. */
const maxSize = 16 * 1024 * 1024;
/** How an image of a plan begins. */
const magic = "COFR";

type RealHost = Pick<Host, "facts" | "bundle" | "seenAtIds" | "userns">;

/** What a file turned out to be. */
export type Opened =
  | { readonly is: "source"; readonly source: Source }
  | { readonly is: "facts"; readonly host: RealHost }
  | { readonly is: "trace"; readonly text: string };

/** Text of JSON that has some keys at its top: a look is enough to tell what a file is. */
function hasKeys(text: string, ...keys: readonly string[]): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && keys.every((key) => Object.hasOwn(value, key));
  } catch {
    return false;
  }
}

type Facts = HostFacts & Pick<Host, "bundle" | "seenAtIds"> & { readonly usernsOff?: string };

const isFacts = (value: unknown): value is Facts => typeof value === "object" && value !== null;

/** Facts as `coffer plan --facts` prints them: capabilities are a number there. */
function readFacts(text: string): RealHost | undefined {
  const value: unknown = JSON.parse(text);
  if (!isFacts(value)) return undefined;
  const { bundle, seenAtIds = false, usernsOff = "", ...facts } = value;
  return { bundle, seenAtIds, userns: usernsOff, facts: { ...facts, capabilities: BigInt(facts.capabilities) } };
}

/** Tells what a text is. */
export function openText(text: string): Opened {
  if (isTrace(text) || hasKeys(text, "traceEvents")) return { is: "trace", text };
  if (hasKeys(text, "bundle", "kernel", "arch", "cgroup", "subids")) {
    const host = readFacts(text);
    if (host !== undefined) return { is: "facts", host };
  }
  return { is: "source", source: { kind: "config", text } };
}

function isImage(bytes: Uint8Array): boolean {
  return [...magic].every((char, at) => bytes[at] === char.charCodeAt(0));
}

/** Reads a file. One that is too large becomes a text that the reader refuses. */
export async function openFile(file: Blob): Promise<Opened> {
  const bytes = new Uint8Array(await file.slice(0, maxSize + 1).arrayBuffer());
  if (isImage(bytes)) return { is: "source", source: { kind: "image", bytes } };
  return openText(new TextDecoder().decode(bytes));
}

/** Reads a file as a config or a stored plan, whatever it looks like. */
export async function readSource(file: Blob): Promise<Source> {
  const opened = await openFile(file);
  if (opened.is === "source") return opened.source;
  return { kind: "config", text: await file.text() };
}
