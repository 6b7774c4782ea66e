import test from "ava";
import { makeMemorySystem } from "../../../system/memory.ts";
import { makeGlance } from "./glance.ts";

const home = "/home/me";

function glance(paths: readonly string[]) {
  const system = makeMemorySystem(1000);
  for (const path of paths) system.put(path);
  return makeGlance(system, [home]);
}

const sees = test.macro((t, path: string, expected: boolean) => {
  t.is(glance([home, `${home}/.ssh`, `${home}/.config`, `${home}/.config/gh`])(path), expected);
});

test("what a home directory has may be there", sees, `${home}/.ssh`, true);
test("so may what is beneath that", sees, `${home}/.ssh/id_rsa`, true);
test("what a home directory lacks is not there", sees, `${home}/.aws/credentials`, false);
test("what .config has may be there", sees, `${home}/.config/gh/hosts.yml`, true);
test("what .config lacks is not there", sees, `${home}/.config/op`, false);
test("the home directory itself may be there", sees, home, true);
test("a place outside of the home directory may be there", sees, "/run/docker.sock", true);
test("a place whose name begins like the home directory's may be there", sees, "/home/meteor/.ssh", true);

test("what cannot be listed may have anything", (t) => {
  t.true(glance([])(`${home}/.ssh`));
});
