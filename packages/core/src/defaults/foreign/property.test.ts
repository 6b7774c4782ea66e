// No settings of another tool become a profile that shows, or lets be written, what the tool denies by its documentation.
import type { SandboxProfile } from "@coffer/spec";
import test from "ava";
import fc from "fast-check";
import { foldDotDot, isBeneath } from "../../paths.ts";
import type { PathRule } from "../sandbox/rules.ts";
import { ruleFor } from "../sandbox/rules.ts";
import type { FormName } from "./index.ts";
import { translate } from "./index.ts";

/** A name that leads elsewhere. */
const link = { from: "/h/b", to: "/h/a/a" };
const real = (path: string): string => {
  const folded = foldDotDot(path);
  return isBeneath(folded, link.from) ? `${link.to}${folded.slice(link.from.length)}` : folded;
};
const places = { dir: "/w", home: "/h", real };

const names = ["a", "b", "c"] as const;
const rests = ["", ...names.flatMap((a) => [`/${a}`, ...names.flatMap((b) => [`/${a}/${b}`, `/${a}/${b}/c`])])];
/** Every name that is looked at. */
const all = ["/h", "/w"].flatMap((top) => rests.map((rest) => `${top}${rest}`));

const toText = (word: string): string =>
  foldDotDot(word.startsWith("/") ? word : word.startsWith("~") ? `/h${word.slice(1)}` : `/w/${word}`);

/** A sandbox of the profile: what is at each name, and what may be done with it. Nothing else of the host is there. */
function sandboxOf({ read = [], write = [], deny = [] }: SandboxProfile) {
  const rule = (access: "read" | "write") => (word: string) => ({
    path: toText(word),
    source: real(toText(word)),
    access,
  });
  const shown = [
    { path: "/w", source: "/w", access: "read" as const },
    ...read.map(rule("read")),
    ...write.map(rule("write")),
  ];
  const isHidden = (source: string): readonly PathRule[] =>
    shown.flatMap((one) =>
      isBeneath(source, one.source)
        ? [{ path: `${one.path}${source.slice(one.source.length)}`, access: "deny" as const }]
        : [],
    );
  const literal = deny.filter((word) => !word.includes("*"));
  const rules = [
    ...shown,
    ...literal.flatMap((word) => [
      ...isHidden(real(toText(word))),
      { path: real(toText(word)), access: "deny" as const },
    ]),
  ];
  return (name: string) => {
    const found = ruleFor(rules, name);
    // Where nothing is mounted at the link or beneath, the link itself is there.
    const isLink = isBeneath(name, link.from) && found !== undefined && !isBeneath(found.path, link.from);
    return (isLink ? ruleFor(rules, real(name)) : found)?.access ?? "deny";
  };
}

interface Tool {
  readonly reads: (path: string) => boolean;
  readonly writes: (path: string) => boolean;
}

const words = fc.subarray(
  [
    "~",
    "~/a",
    "~/a/a",
    "~/a/a/c",
    "~/a/b",
    "~/a/../c",
    "~/b",
    "~/b/c",
    "~/b/../a",
    "~/c/a",
    "/w/a",
    ".",
    "a/b",
    "./c",
    "b/../a/c",
  ],
  { maxLength: 3 },
);
const has = (list: readonly string[], path: string): boolean =>
  list.some((word) => isBeneath(path, real(toText(word))));

const fields = fc.record({
  allowRead: words,
  denyRead: words,
  allowWrite: words,
  denyWrite: words,
  defaultDenyRead: fc.boolean(),
});
type Fields = typeof fields extends fc.Arbitrary<infer T> ? T : never;

const agrees = test.macro({
  exec(t, form: FormName, settingsOf: (given: Fields) => unknown, toolOf: (given: Fields) => Tool) {
    const check = (given: Fields): void => {
      const { profile, notes } = translate(settingsOf(given), form, places);
      const access = sandboxOf(profile);
      const tool = toolOf(given);
      const isTreeSaid = notes.some(
        ({ message, restricts }) => restricts && message === "the working directory can be read",
      );
      for (const name of all) {
        const found = access(name);
        if (found === "write" && !tool.writes(real(name)))
          throw new Error(`${name} can be written: ${JSON.stringify(profile)}`);
        if (found === "deny" || tool.reads(real(name)) || (isTreeSaid && isBeneath(name, "/w"))) continue;
        throw new Error(`${name} can be read: ${JSON.stringify(profile)}`);
      }
    };
    fc.assert(fc.property(fields, check), { numRuns: 1000 });
    t.pass();
  },
  title: (title = "") => `${title}: nothing that the tool denies is given`,
});

test(
  "srt",
  agrees,
  "srt",
  ({ defaultDenyRead: _, ...filesystem }) => ({ filesystem }),
  ({ allowRead, denyRead, allowWrite, denyWrite }) => ({
    reads: (path) => !has(denyRead, path) || has(allowRead, path),
    writes: (path) => has(allowWrite, path) && !has(denyWrite, path),
  }),
);

test(
  "fence",
  agrees,
  "fence",
  (filesystem) => ({ filesystem }),
  ({ allowRead, denyRead, allowWrite, denyWrite, defaultDenyRead }) => ({
    reads: (path) => !has(denyRead, path) && (!defaultDenyRead || has([...allowRead, ...allowWrite], path)),
    writes: (path) => has(allowWrite, path) && !has(denyWrite, path),
  }),
);

/** Paths of permissions are absolute behind two slashes. */
const rules = (tool: string, list: readonly string[]): string[] =>
  list.map((word) => `${tool}(${word.startsWith("/") ? `/${word}` : /[/~]/.test(word) ? word : `./${word}`})`);

test(
  "claude",
  agrees,
  "claude",
  ({ allowRead, denyRead, allowWrite, denyWrite, defaultDenyRead }) => ({
    permissions: {
      allow: [...rules("Read", allowRead), ...rules("Edit", allowWrite)],
      [defaultDenyRead ? "ask" : "deny"]: [...rules("Read", denyRead), ...rules("Edit", denyWrite)],
    },
  }),
  ({ denyRead, allowWrite, denyWrite }) => ({
    reads: (path) => !has(denyRead, path),
    writes: (path) => has(allowWrite, path) && !has(denyWrite, path),
  }),
);

test(
  "nono",
  agrees,
  "nono",
  ({ allowRead, denyRead, allowWrite }) => ({
    workdir: { access: "read" },
    filesystem: { read: allowRead, allow: allowWrite, deny: denyRead },
  }),
  ({ allowRead, denyRead, allowWrite }) => ({
    reads: (path) => !has(denyRead, path) && has([".", ...allowRead, ...allowWrite], path),
    writes: (path) => has(allowWrite, path) && !has(denyRead, path),
  }),
);
