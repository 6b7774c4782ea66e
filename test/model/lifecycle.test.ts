// The model of create, start and delete (lifecycle.pml), with any two of its processes killed anywhere. steps.test.ts ties
// its steps to the plans that the planner makes.
import { testModel } from "./spin.ts";

testModel("lifecycle", "no crash of front, launcher or init loses a container or a name, or blocks a delete", {
  STALE_LOCK: "assertion violated",
  EAGER: "assertion violated",
  UNRECORDED: "assertion violated",
  DEAF_INIT: "invalid end state",
});
