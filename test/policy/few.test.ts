// A few changed plans, for every run of the tests: mutants.test.ts has more of them.
import test from "ava";
import { holds } from "./holds.ts";

test.serial(holds, "user", 2, 40);
