// A second reader of logs, from what docs/formats/logs.md says alone.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What a container has written by one of its outputs, as its files have it, and the size of both files. */
export function readLogFiles(dir: string): { readonly stdout: string; readonly stderr: string; readonly size: number } {
  const texts = readdirSync(dir)
    .filter((name) => name === "log.0" || name === "log.1")
    .map((name) => readFileSync(join(dir, name), "latin1"));
  const part = (text: string): number => Number(/^\S+ coffer F part (\d+)\n/.exec(text)?.[1] ?? 0);
  const lines = texts
    .toSorted((a, b) => part(a) - part(b))
    .flatMap((text) => text.split("\n").slice(0, -1))
    .map((line) => /^\d{10}\.\d{9} (stdout|stderr|coffer) ([FP]) (.*)$/s.exec(line) ?? [line, "no record"]);
  const of = (name: string): string =>
    lines.map(([, stream, tag, text]) => (stream === name ? `${text}${tag === "F" ? "\n" : ""}` : "")).join("");
  return { stdout: of("stdout"), stderr: of("stderr"), size: texts.reduce((sum, { length }) => sum + length, 0) };
}
