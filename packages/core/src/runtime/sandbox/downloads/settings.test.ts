// What a sandbox gets of the settings of tools that download: servers and their certificates, and no key.
import test from "ava";
import type { PathRule } from "../../../defaults/sandbox/rules.ts";
import { makeMemorySystem } from "../../../system/memory.ts";
import { callerVariables } from "../host-words.ts";
import { secretPlaces } from "../secrets.ts";
import { downloadSettings } from "./settings.ts";

const certificate = "# ours\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";

function settingsOf(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
  shown: readonly PathRule[] = [],
) {
  const memory = makeMemorySystem(1000);
  for (const [path, text] of Object.entries(files)) memory.put(path.replace("~", "/h"), text);
  const system = { ...memory, caller: { ...memory.caller, env: { HOME: "/h", ...env } } };
  const places = secretPlaces(system, "/w", ["/h"]);
  const { files: made, rules } = downloadSettings(system, { homes: ["/h"], mayBe: () => true, places }, shown);
  return {
    files: Object.fromEntries(Object.entries(made).map(([path, text]) => [path.replace("/home/sandbox/", ""), text])),
    shown: rules.map(({ path, source, access }) => `${access} ${path}${source === path ? "" : ` ${source}`}`),
  };
}

const gives = test.macro<[file: string, text: string, expected: string]>({
  exec(t, file, text, expected) {
    t.deepEqual(settingsOf({ [`~/${file}`]: text }).files, expected === "" ? {} : { [file]: expected });
  },
  title: (_, file, text) => `${file}: ${JSON.stringify(text).slice(1, -1)}`,
});

test(gives, ".npmrc", "registry=https://r.test/npm/\n", "registry=https://r.test/npm/\n");
test(gives, ".npmrc", "registry = https://r.test/ ; ours\r\n", "registry=https://r.test/\n");
test(gives, ".npmrc", "registry=https://a.test/\nregistry=https://b.test/", "registry=https://b.test/\n");
test(gives, ".npmrc", "@corp:registry=http://r.test:8081/a/", "@corp:registry=http://r.test:8081/a/\n");
test(gives, ".npmrc", "ignore-scripts=true\nmin-release-age=3", "ignore-scripts=true\nmin-release-age=3\n");
test(gives, ".npmrc", "cafile=/etc/ssl/certs/ours.crt", "");
for (const secret of [
  "//r.test/:_authToken=SECRET",
  "_auth=SECRET",
  "_password=SECRET",
  "//r.test/:username=me",
  "email=me@r.test",
  "key=SECRET",
  "certfile=/h/cert",
  "registry=https://me:SECRET@r.test/",
  "registry=https://SECRET@r.test/",
  "registry=https://r.test/?token=SECRET",
  "registry=https://r.test/x/a1B2c3D4e5F6g7H8/npm/",
  "registry=https://r.test/0b0f1a5e-9d1c-4f5e-8f6a-3c2b1a0f9e8d/",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: npm's own form
  "registry=https://r.test/${SECRET}/",
  "strict-ssl=false",
  "https-proxy=http://me:SECRET@r.test/",
  "script-shell=/bin/evil",
  "node-options=--require /x",
  "[section]\nregistry=https://r.test/",
])
  test(gives, ".npmrc", secret, "");
test(gives, ".npmrc", "registry=https://SECRET@r.test/\n@a:registry=https://a.test/\nfund=false", "fund=false\n");
test(
  gives,
  ".yarnrc",
  'registry "https://r.test/"\n"@a:registry" "https://a.test/"\n',
  'registry "https://r.test/"\n"@a:registry" "https://a.test/"\n',
);
test(
  gives,
  ".yarnrc.yml",
  'npmRegistryServer: "https://r.test"\nnpmAuthToken: SECRET',
  'npmRegistryServer: "https://r.test"\n',
);
test(gives, ".yarnrc.yml", 'npmScopes:\n  a:\n    npmRegistryServer: "https://a.test"', "");
test(gives, ".bunfig.toml", '[install]\nregistry = "https://r.test"', '[install]\nregistry="https://r.test"\n');
test(gives, ".bunfig.toml", '[install]\nregistry = { url = "https://r.test", token = "SECRET" }', "");
test(
  gives,
  ".config/pip/pip.conf",
  "[global]\nindex-url = https://r.test/simple\ntrusted-host = r.test",
  "[global]\nindex-url=https://r.test/simple\n",
);
test(
  gives,
  ".config/pip/pip.conf",
  "[global]\nindex-url = https://me:SECRET@r.test/\nextra-index-url = https://b.test/",
  "",
);
test(
  gives,
  ".config/uv/uv.toml",
  '[[index]]\nname = "a"\nurl = "https://a.test"\n[[index]]\nurl = "https://b.test"\ndefault = true # last',
  '[[index]]\nname="a"\nurl="https://a.test"\n[[index]]\nurl="https://b.test"\ndefault=true\n',
);
test(gives, ".config/uv/uv.toml", '[[index]]\nname = "a"\nurl = "https://SECRET@a.test"', "");
test(
  gives,
  ".cargo/config.toml",
  '[source.crates-io]\nreplace-with = "m"\n[source.m]\nregistry = "sparse+https://r.test/i/"\n[build]\nrustc-wrapper = "evil"',
  '[source.crates-io]\nreplace-with="m"\n[source.m]\nregistry="sparse+https://r.test/i/"\n',
);
test(gives, ".cargo/config.toml", '[source.crates-io]\nreplace-with = "m"\n[source.m]\ndirectory = "/x"', "");
test(
  gives,
  ".cargo/config.toml",
  '[registries.a]\nindex = "https://r.test/i"\ntoken = "SECRET"',
  '[registries.a]\nindex="https://r.test/i"\n',
);
test(gives, ".config/go/env", "GOPROXY=https://r.test,direct\nGOFLAGS=-exec=evil", "GOPROXY=https://r.test,direct\n");

test("what is nearer to the caller counts more", (t) => {
  const env = { PATH: "/a/bin:/b/bin" };
  const said = { "/etc/npmrc": "registry=https://e.test/\nfund=false", "/b/etc/npmrc": "registry=https://b.test/" };
  const text = (more = {}): unknown => settingsOf({ ...said, ...more }, env).files[".npmrc"];
  t.is(text(), "registry=https://b.test/\nfund=false\n");
  t.is(text({ "/a/etc/npmrc": "registry=https://a.test/" }), "registry=https://a.test/\nfund=false\n");
  t.is(text({ "~/.npmrc": "registry=https://h.test/" }), "registry=https://h.test/\nfund=false\n");
  const named = settingsOf({ "~/.npmrc": "fund=true", "/n": "audit=false" }, { NPM_CONFIG_USERCONFIG: "/n" });
  t.deepEqual(named.files, { ".npmrc": "audit=false\n" });
});

test("settings without a section come first, whatever file has them", (t) => {
  const files = {
    "/etc/uv/uv.toml": '[pip]\nindex-url = "https://a.test"',
    "~/.config/uv/uv.toml": "link-mode = 'copy'",
  };
  t.is(settingsOf(files).files[".config/uv/uv.toml"], "link-mode='copy'\n[pip]\nindex-url=\"https://a.test\"\n");
});

interface Authority {
  readonly files: Readonly<Record<string, string>>;
  readonly cafile?: string;
  readonly shown?: readonly PathRule[];
  readonly given: boolean;
  readonly rules?: readonly string[];
}

const authority = test.macro<[title: string, row: Authority]>({
  exec(t, _, { files, cafile = "/h/ours.pem", shown, given, rules = [] }) {
    const found = settingsOf({ ...files, "~/.npmrc": `cafile=${cafile}` }, {}, shown);
    t.deepEqual(found.files, given ? { ".npmrc": `cafile=${cafile.replace("~", "/h")}\n` } : {});
    t.deepEqual(found.shown, rules);
  },
  title: (_, title) => `cafile: ${title}`,
});

test(authority, "a file of certificates is shown", {
  files: { "/h/ours.pem": certificate },
  given: true,
  rules: ["read /h/ours.pem"],
});
test(authority, "~ is the home directory", {
  files: { "/h/ours.pem": certificate },
  cafile: "~/ours.pem",
  given: true,
  rules: ["read /h/ours.pem"],
});
test(authority, "one of the system is named", {
  files: { "/etc/ssl/certs/ours.crt": "" },
  cafile: "/etc/ssl/certs/ours.crt",
  given: true,
});
test(authority, "one that is shown is named", {
  files: { "/h/ours.pem": certificate },
  shown: [{ path: "/h", source: "/h", access: "read" }],
  given: true,
});
test(authority, "one with a key stays outside", { files: { "/h/ours.pem": `${certificate}${key}` }, given: false });
test(authority, "another file stays outside", { files: { "/h/ours.pem": "SECRET\n" }, given: false });
test(authority, "one that is missing stays outside", { files: {}, given: false });
test(authority, "one among secrets stays outside", {
  files: { "/h/.ssh/ours.pem": certificate },
  cafile: "/h/.ssh/ours.pem",
  given: false,
});

test("variables that name servers are given, unless they have a secret", (t) => {
  const env = {
    PIP_INDEX_URL: "https://r.test/simple",
    npm_config_registry: "https://SECRET@r.test/",
    GOPRIVATE: "*.corp.test,github.com/o/*",
    UV_INDEX_URL: "",
  };
  const { caller } = makeMemorySystem(1000);
  const { PIP_INDEX_URL, GOPRIVATE } = env;
  t.deepEqual(callerVariables({ caller: { ...caller, env } }), { PIP_INDEX_URL, GOPRIVATE });
});
