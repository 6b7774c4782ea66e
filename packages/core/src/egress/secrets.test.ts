import test from "ava";
import { fromBase64, toBase64 } from "./base64.ts";
import { holdSecrets, secretsFor, toHost } from "./secrets.ts";

const held = holdSecrets([{ name: "TOKEN", value: "s3cret-value$&", host: "API.example.org" }], () => "r");

test("a value is put where its placeholder is, also into Basic, and nowhere else", (t) => {
  const put = (text: string): string => toHost(held, "AUTHORIZATION", text);
  t.is(put("Bearer coffer-secret-r"), "Bearer s3cret-value$&");
  t.is(put("coffer-secret-x"), "coffer-secret-x");
  t.is(put(`Basic ${btoa("me:coffer-secret-r")}`), `Basic ${btoa("me:s3cret-value$&")}`);
  t.is(put(`Basic ${btoa("me:other")}`), `Basic ${btoa("me:other")}`);
  t.is(put("Basic ===="), "Basic ====");
  t.is(toHost(held, "X-Api-Key", "coffer-secret-r"), "s3cret-value$&");
  for (const field of ["User-Agent", "X-Forwarded-Host", "Cookie", "X-Api-Key2"])
    t.is(toHost(held, field, "coffer-secret-r"), "coffer-secret-r", field);
});

test("base64 is written and read as Node does it, and what is none is undefined", (t) => {
  const texts = ["", "a", "ab", "abc", "abcd", "me:pass\u00ff\u0000", "x".repeat(100)];
  for (const text of texts) {
    const code = Buffer.from(text, "latin1").toString("base64");
    t.is(toBase64(text), code);
    t.is(fromBase64(code), text);
  }
  for (const code of ["a", "ab", "abc", "====", "a===", "ab=c", "ab c"]) t.is(fromBase64(code), undefined, code);
});

test("a secret is for one host and one port", (t) => {
  const found = (host: string, port = 443): number => secretsFor(held, { host, port }).length;
  t.deepEqual([found("api.example.org"), found("API.example.org."), found("api.example.org", 80)], [1, 1, 0]);
  t.deepEqual([found("example.org"), found("x.api.example.org"), found("api.example.org.evil.org")], [0, 0, 0]);
});

test("what is no secret for a host is an error that does not have the value", (t) => {
  const bad = [
    { host: "*.example.org" },
    { host: "10.0.0.1" },
    { host: "[::1]:443" },
    { host: "localhost" },
    { host: "" },
    { name: "A=B" },
    { value: "hush-hush\r\nX: y" },
    { value: "short" },
    { fields: [] },
    { fields: ["a b"] },
    { fields: ["X-Own", ""] },
  ];
  for (const one of bad) {
    const secret = { name: "TOKEN", value: "hush-hush", host: "a.org", ...one };
    const error = t.throws(() => holdSecrets([secret], () => "r"), { code: "E_USAGE" });
    t.false(error?.message.includes("hush"), JSON.stringify(one));
  }
});
