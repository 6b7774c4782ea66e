import test from "ava";
import { configFields, parseJson, readConfig, unknownFields } from "../index.ts";
import { baseConfig } from "../testing/base-config.ts";
import { listPaths } from "../testing/mutate.ts";
import { readTestData } from "../testing/official.ts";

const finds = test.macro({
  exec(t, fields: Readonly<Record<string, unknown>>, pointers: readonly string[]) {
    t.deepEqual(unknownFields(baseConfig(fields)), pointers);
  },
  title: (_, fields) => `unknown fields of ${JSON.stringify(fields)}`,
});

test(finds, {}, []);
test(finds, { new: 1, linux: { "a/b": {} } }, ["/new", "/linux/a~1b"]);
test(finds, { mounts: [{}, { destination: "/", bind: true }] }, ["/mounts/1/bind"]);
test(finds, { annotations: { free: "x" }, linux: { netDevices: { eth0: { mtu: 1 } } } }, [
  "/linux/netDevices/eth0/mtu",
]);
test(finds, { windows: { credentialSpec: { free: 1 } } }, []);
test(finds, { mounts: 1, linux: null, hooks: [1] }, []);
test(finds, { constructor: 1, linux: JSON.parse('{"__proto__":1}') }, ["/constructor", "/linux/__proto__"]);

test("readConfig gives the config and what it left out", (t) => {
  const { config, unknownFields: left } = readConfig('{"ociVersion":"1.0.0","x":1}');
  t.deepEqual(config, { ociVersion: config.ociVersion });
  t.deepEqual(left, ["/x"]);
});

test("the full example has every field of the config", (t) => {
  const full = JSON.parse(readTestData("full-config.json"));
  const present = new Set(listPaths(full).map((path) => `/${path.join("/")}`));
  const matches = (field: string) => {
    const pattern = new RegExp(`^${field.replaceAll("*", "[^/]+")}$`);
    return [...present].some((pointer) => pattern.test(pointer));
  };
  const missing = configFields().filter((field) => !matches(field));
  t.deepEqual(missing, ["/linux/personality/flags/*"]);
  t.deepEqual(unknownFields(parseJson(readTestData("full-config.json"))), []);
});
