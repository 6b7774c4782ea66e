import test from "ava";
import { checkConfig, specTemplate, stringifyJson, unknownFields } from "./index.ts";
import type { SpecTemplateOptions } from "./template.ts";
import { readTestData } from "./testing/official.ts";

const equals = test.macro({
  exec(t, options: SpecTemplateOptions, file: string) {
    t.is(`${stringifyJson(specTemplate(options), "\t")}\n`, readTestData(file));
  },
  title: (_, _options, file) => `the template equals ${file}, byte for byte`,
});

test(equals, { hostname: "runc" }, "runc-spec.json");
test(equals, { hostname: "runc", rootless: { uid: 1000, gid: 1001 } }, "runc-spec-rootless.json");

const isValid = test.macro({
  exec(t, options: SpecTemplateOptions) {
    t.notThrows(() => checkConfig(specTemplate(options)));
    t.deepEqual(unknownFields(specTemplate(options)), []);
  },
  title: (_, options) => `the template of ${JSON.stringify(options)} is a valid config`,
});

test(isValid, {});
test(isValid, { cgroupNamespace: true });
test(isValid, { cgroupNamespace: true, rootless: { uid: 0, gid: 0 } });
