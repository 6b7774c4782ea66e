// `npm test -- --changed` finds the tests that a change touches.
import test from "ava";
import { touched } from "../../scripts/testing/changed.mjs";

const rows = [
  ["a test", "test/api/run.test.ts", "test/api/run.test.ts", "test/api/sandbox.test.ts"],
  [
    "what unit tests import",
    "packages/core/src/criu/read/tar.ts",
    "packages/core/src/criu/read/tar.test.ts",
    "test/api/run.test.ts",
  ],
  ["what was built", "packages/cli/src/main.ts", "test/cli/oci.test.ts", "test/resources/update.test.ts"],
  ["a helper of tests", "test/helpers/container.ts", "test/lifecycle/exec.test.ts", "packages/spec/src/json.test.ts"],
  ["the C sources", "helper-c/sys/path.c", "test/helper/unit.test.ts", "packages/spec/src/json.test.ts"],
] as const;

for (const [what, changed, touches, leaves] of rows)
  test(`a change of ${what} touches ${touches}, and not ${leaves}`, (t) => {
    const files = touched([changed]);
    t.true(files.includes(touches));
    t.false(files.includes(leaves));
  });
