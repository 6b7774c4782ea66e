// The command that lets the helper make user namespaces.
import test from "ava";
import { apparmorRemedy } from "./apparmor.ts";

const profile =
  "abi <abi/4.0>, profile coffer /usr/lib/node_modules/@coffer/core/helper-x86_64 flags=(unconfined) { userns, }";

test("one command loads a profile for the helper's path", (t) => {
  t.is(
    apparmorRemedy("/usr/lib/node_modules/@coffer/core/helper-x86_64"),
    `have root load a profile for the helper: echo '${profile}' | sudo tee /etc/apparmor.d/coffer && sudo apparmor_parser -r /etc/apparmor.d/coffer`,
  );
});

const names = [
  undefined,
  "",
  "relative",
  "/a b",
  "/it's",
  "/@{HOME}/x",
  "/a*",
  "/a?",
  "/a[b]",
  "/a\n}",
  "/a\\b",
  "/\udcff",
  "/a$b",
];
for (const helper of names)
  test(`${JSON.stringify(helper)} is in no command: a shell or the profile would take it for something else`, (t) => {
    t.regex(apparmorRemedy(helper), /^have root load an AppArmor profile for the helper that has the rule `userns,`$/);
  });
