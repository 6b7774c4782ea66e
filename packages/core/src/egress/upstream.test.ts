import test from "ava";
import { readUpstream } from "./upstream.ts";

test("a proxy of the environment is read in either spelling", (t) => {
  t.is(readUpstream({}), undefined);
  t.is(readUpstream({ https_proxy: "" }), undefined);
  t.like(readUpstream({ https_proxy: "http://a:3128" }), { host: "a", port: 3128, authorization: undefined });
  t.like(readUpstream({ HTTP_PROXY: "a" }), { host: "a", port: 80 });
  t.like(readUpstream({ https_proxy: "http://a:1", HTTP_PROXY: "b:2" }), { host: "a" });
  t.like(readUpstream({ https_proxy: "http://[::1]:8/" }), { host: "::1", port: 8 });
  t.like(readUpstream({ https_proxy: "http://u:p@a:1" }), { authorization: `Basic ${btoa("u:p")}` });
  for (let size = 0; size < 7; size += 1) {
    const user = "abcdef%7E".slice(0, size).padEnd(size, "x");
    t.like(readUpstream({ https_proxy: `http://${user}@a` }), {
      authorization: `Basic ${btoa(decodeURIComponent(user))}`,
    });
  }
});

test("another kind of proxy is an error, not ignored", (t) => {
  for (const text of ["socks5://a:1", "https://a", "http://a:0", "http://a:99999", "http://a/b", "http://[a]:1"])
    t.throws(() => readUpstream({ https_proxy: text }), { code: "E_USAGE" }, text);
});

const direct: readonly (readonly [no: string, host: string, port: number, ok: boolean])[] = [
  ["", "a.org", 80, false],
  ["*", "a.org", 80, true],
  ["a.org", "a.org", 80, true],
  ["a.org", "b.a.org", 80, true],
  [".a.org", "b.a.org", 80, true],
  ["*.a.org", "b.a.org", 80, true],
  ["a.org", "ba.org", 80, false],
  ["x, A.org", "a.org", 80, true],
  ["a.org:81", "a.org", 80, false],
  ["a.org:80", "a.org", 80, true],
  ["10.0.0.0/8", "10.1.1.1", 80, true],
  ["10.0.0.0/8", "11.1.1.1", 80, false],
  ["::1", "::1", 80, true],
];
for (const [no, host, port, ok] of direct)
  test(`no_proxy=${no}: ${host}:${port} is ${ok ? "connected to directly" : "the proxy's"}`, (t) => {
    t.is(readUpstream({ https_proxy: "http://p", no_proxy: no })?.bypasses({ host, port }), ok);
  });
