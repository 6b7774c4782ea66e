// The cgroup of a container whose config asks for none: it is named after the container.
import test from "ava";
import { cgroupPlaces } from "../create/create.ts";
import { baseConfig, hybridFacts } from "../testing/builders.ts";

const names = test.macro({
  title: (what = "") => `${what}: its cgroup has a name that the kernel takes`,
  exec(t, id: string, name: string) {
    const paths = cgroupPlaces(baseConfig(), hybridFacts, id).map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
    t.deepEqual([...new Set(paths)], [name]);
    t.true(name.length <= 255);
  },
});

test("an id", names, "c1", "coffer-c1");
test("an id to which the prefix fits", names, "a".repeat(248), `coffer-${"a".repeat(248)}`);
test("an id to which it does not fit", names, "a".repeat(249), "a".repeat(249));
test("the longest id", names, "a".repeat(255), "a".repeat(255));
