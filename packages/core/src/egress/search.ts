// Takes values of secrets out of what a host answers: as they are, and as hosts usually write them again. The search goes on
// from one chunk to the next. What is kept back meanwhile is the same whatever the values are: it would tell how they begin.

/** A value, and what takes its place. */
export interface Hidden {
  readonly value: string;
  readonly placeholder: string;
}

/** The search in one answer, whose letters are bytes. */
export interface Search {
  /** What may be passed on now. */
  push(text: string): string;
  /** The rest. */
  end(): string;
}

/** How one letter may be written, in lower case. */
type Letter = readonly string[];

/** One way to write a value. */
interface Form {
  readonly letters: readonly Letter[];
  /** Of each letter, the ways that are one letter long and begin no other way. */
  readonly plain: readonly string[];
  readonly placeholder: string;
}

const named: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** As it is, percent-encoded (RFC 3986, section 2.1), escaped in JSON (RFC 8259, section 7), and as a reference of HTML. */
function written(letter: string): Letter {
  const code = letter.charCodeAt(0);
  const hex = code.toString(16).padStart(2, "0");
  const name = named[letter];
  const escaped = /[a-z0-9]/i.test(letter) ? [] : [`\\${letter}`];
  const all = [letter, `%${hex}`, `\\u00${hex}`, `&#${code};`, `&#x${hex};`, ...escaped, ...(name ? [name] : [])];
  return all.map((one) => one.toLowerCase());
}

const base64 = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
/** The alphabet for URLs has other letters at the end (RFC 4648, section 5). */
const urlSafe: Readonly<Record<string, string>> = { "+": "-", "/": "_" };

function writtenInBase64(letter: string): Letter {
  const other = urlSafe[letter];
  return other === undefined ? [letter.toLowerCase()] : [other, ...written(letter)];
}

/**
 * A value behind `before` other bytes in base64: in Basic, the bytes are the user's name. A letter has six bits: where only some
 * are of the value, each letter that has those may be there.
 */
function inBase64(value: string, before: number): readonly Letter[] {
  const first = 8 * before;
  const last = first + 8 * value.length;
  const bitAt = (bit: number): number => (value.charCodeAt((bit - first) >> 3) >> (7 - (bit & 7))) & 1;
  const letters: Letter[] = [];
  for (let start = first - (first % 6); start < last; start += 6) {
    const bits = [0, 1, 2, 3, 4, 5].filter((at) => start + at >= first && start + at < last);
    const fits = base64.filter((_, code) => bits.every((at) => ((code >> (5 - at)) & 1) === bitAt(start + at)));
    letters.push([...new Set(fits.flatMap(writtenInBase64))]);
  }
  return letters;
}

/** The ways that are one letter long and begin no other way. */
const plainOf = (ways: Letter): string =>
  ways.filter((one) => one.length === 1 && ways.every((way) => way === one || !way.startsWith(one))).join("");

const formsOf = ({ value, placeholder }: Hidden): readonly Form[] =>
  [Array.from(value, written), ...[0, 1, 2].map((before) => inBase64(value, before))].map((letters) => ({
    letters,
    plain: letters.map(plainOf),
    placeholder,
  }));

/** Where a form that begins here ends; `more` where the text ends before that is known; undefined where it does not begin here. */
function endOf({ letters, plain }: Form, text: string, at: number, isWhole: boolean): number | "more" | undefined {
  let sure = 0;
  while (plain[sure]?.includes(text[at + sure] ?? " ")) sure++;
  let ends = new Set([at + sure]);
  let isCut = false;
  for (let nth = sure; nth < letters.length; nth++) {
    const next = new Set<number>();
    for (const end of ends)
      for (const one of letters[nth] ?? []) {
        if (text.startsWith(one, end)) next.add(end + one.length);
        else if (end + one.length > text.length && one.startsWith(text.slice(end))) isCut = true;
      }
    if (next.size === 0) return isCut && !isWhole ? "more" : undefined;
    ends = next;
  }
  return isCut && !isWhole ? "more" : Math.max(...ends);
}

const pair = (one: number, two: number): number => ((one & 0xff) << 8) | (two & 0xff);

/** Each two letters that a form can begin with: one look at this skips nearly all of an answer. */
function beginnings({ letters }: Form): Uint8Array {
  const found = new Uint8Array(65_536);
  const [first = [], second = []] = letters;
  for (const one of first)
    for (const two of one.length > 1 ? [one.slice(1)] : second) found[pair(one.charCodeAt(0), two.charCodeAt(0))] = 1;
  return found;
}

/** How long a value can be as it is written. */
const longest = ({ letters }: Form): number =>
  letters.reduce((sum, ways) => sum + Math.max(...ways.map((one) => one.length)), 0);

/** Where the last letters begin that could be a part of a value, of any value: in no form has one a blank. */
function lastRun(text: string, most: number): number {
  let at = text.length;
  for (const end = Math.max(0, at - most); at > end && /[!-~]/.test(text[at - 1] ?? ""); ) at--;
  return at;
}

/** Prepares the search for some values, which any number of answers may use. */
export function prepareSearch(hidden: readonly Hidden[]): () => Search {
  // Of two values that begin alike, the longer one is found.
  const forms = hidden.toSorted((a, b) => b.value.length - a.value.length).flatMap(formsOf);
  const begun = forms.map(beginnings);
  const most = Math.max(...forms.map(longest));
  const all = Uint8Array.from({ length: 65_536 }, (_, two) => (begun.some((one) => one[two] === 1) ? 1 : 0));
  /** What begins at a place: a form, and where that ends. */
  const find = (text: string, at: number, isWhole: boolean) => {
    const two = at + 1 < text.length ? pair(text.charCodeAt(at), text.charCodeAt(at + 1)) : undefined;
    if (two !== undefined && all[two] === 0) return undefined;
    let found: { readonly placeholder: string; readonly end: number } | undefined;
    for (const [nth, form] of forms.entries()) {
      if (two !== undefined && begun[nth]?.[two] === 0) continue;
      const end = endOf(form, text, at, isWhole);
      if (end === "more") return end;
      if (end !== undefined) found ??= { placeholder: form.placeholder, end };
    }
    return found;
  };
  /** Looks through a text. What is kept back begins at `rest`. */
  const look = (text: string, isWhole: boolean): { readonly out: string; readonly rest: number } => {
    const small = text.toLowerCase();
    const end = isWhole ? text.length : lastRun(text, most);
    let out = "";
    let done = 0;
    for (let at = 0; at < end; at++) {
      const found = find(small, at, isWhole);
      if (found === "more") return { out: out + text.slice(done, at), rest: at };
      if (found === undefined) continue;
      out += text.slice(done, at) + found.placeholder;
      done = found.end;
      at = done - 1;
    }
    const rest = Math.max(done, end);
    return { out: out + text.slice(done, rest), rest };
  };
  return () => {
    let kept = "";
    return {
      push: (text) => {
        const all = kept + text;
        const { out, rest } = look(all, false);
        kept = all.slice(rest);
        return out;
      },
      end: () => look(kept, true).out,
    };
  };
}
