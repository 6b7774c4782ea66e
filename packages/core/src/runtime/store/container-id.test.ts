import test from "ava";
import { CofferError } from "../../errors.ts";
import { checkContainerId } from "./container-id.ts";

const accepts = test.macro({
  exec(t, id: string) {
    t.is(checkContainerId(id), id);
  },
  title: (_provided, id: string) => `accepts ${id.slice(0, 20)}`,
});

const refuses = test.macro({
  exec(t, id: string) {
    const error = t.throws(() => checkContainerId(id), { instanceOf: CofferError });
    t.true(CofferError.is(error, "E_ID_INVALID"));
    t.regex(error?.message ?? "", /^invalid container ID format: /);
  },
  title: (_provided, id: string) => `refuses ${JSON.stringify(id).slice(0, 20)}`,
});

for (const id of ["a", "A_1", "+x", "_", "a.b", "a-b", "0", "a".repeat(255)]) test(accepts, id);
for (const id of ["", ".", "..", "a/b", "-a", ".a", "a b", "a\n", "ü", "a".repeat(256)]) test(refuses, id);

test("the character that is wrong in an id is named", (t) => {
  t.throws(() => checkContainerId("a/b"), { message: /: invalid character `\/` in the ID: an id is 1 to 255/ });
  t.throws(() => checkContainerId(".a"), { message: /format: "\.a": an id is 1 to 255/ });
});
