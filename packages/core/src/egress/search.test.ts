import test from "ava";
import { prepareSearch } from "./search.ts";

const value = "s3cret-vAlue+/$&";
const search = prepareSearch([{ value, placeholder: "<P>" }]);

/** What comes out of pieces of a text. */
const through = (...pieces: readonly string[]): string => {
  const one = search();
  return pieces.map(one.push).join("") + one.end();
};

test("a value is found as it is, in other cases, escaped and in base64, wherever it is cut", (t) => {
  const percent = Array.from(value, (letter) => `%${letter.charCodeAt(0).toString(16)}`).join("");
  const forms = [
    value,
    value.toUpperCase(),
    encodeURIComponent(value),
    percent,
    percent.toUpperCase(),
    "s3cret-vAlue\\u002b\\/$&amp;",
    "s3cret-vAlue&#43;&#x2F;&#36;&#38;",
  ];
  for (const form of forms) {
    const text = `s3cret-${form}${form}%`;
    for (let at = 0; at <= text.length; at++) t.is(through(text.slice(0, at), text.slice(at)), "s3cret-<P><P>%", form);
    t.is(through(...text), "s3cret-<P><P>%");
  }
  for (const before of ["", "a", "ab", "user:", "\xff\xff"])
    for (const behind of ["", ":", "xy", "\0\xff"]) {
      const code = Buffer.from(before + value + behind, "latin1");
      for (const form of [code.toString("base64"), code.toString("base64").toLowerCase(), code.toString("base64url")]) {
        const found = through(...`"${form}"`);
        t.regex(found, /^"[A-Za-z0-9/_]{0,6}<P>[A-Za-z0-9=/_]{0,5}"$/, form);
      }
    }
});

test("what is no value passes as it is, and all but the last word at once", (t) => {
  const one = search();
  t.is(one.push("data: s3cret-valua\n\n"), "data: s3cret-valua\n\n");
  t.is(one.push("x s3cret-v"), "x ");
  t.is(one.push("x! "), "s3cret-vx! ");
  t.is(one.push("s3cret-value%2"), "");
  t.is(one.end(), "s3cret-value%2");
});

test("what is kept back does not tell how a value begins", (t) => {
  const kept = (text: string): number => text.length - search().push(text).length;
  for (const before of ["", "data: ", "\xff", "q".repeat(400)])
    for (const [right, wrong] of [
      ["s", "r"],
      ["s3cret-vAl", "s3cret-vXl"],
      ["%73%33", "%73%34"],
      ["czNjcmV0LXZBb", "czNjcmV0LXZCb"],
    ] as const)
      t.is(kept(before + right), kept(before + wrong), right);
});

test("a text that could begin in many ways is searched in a time that grows with its length", (t) => {
  const unlucky = prepareSearch([{ value: "%25&amp;".repeat(100), placeholder: "<P>" }])();
  const text = "%2525&amp;amp;".repeat(90);
  t.is(unlucky.push(`${text}!`) + unlucky.end(), `${text}!`);
  const two = prepareSearch([
    { value: "abcdefgh", placeholder: "<1>" },
    { value: "abcdefghijkl", placeholder: "<2>" },
  ])();
  t.is(two.push("abcdefghijklabcdefgh") + two.end(), "<2><1>");
});
