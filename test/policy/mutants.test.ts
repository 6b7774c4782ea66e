// Plans changed at random: of those that the verifier accepts and a policy allows, none gives its container more than the
// policy was told. many.test.ts has the long run.
import test from "ava";
import { holds } from "./holds.ts";

test.serial(holds, "user", 1, 150);
test.serial(holds, "root", 1, 150);
