// The model of a launcher and a satellite (satellite.pml), with either of them killed anywhere and a stranger that may take
// the satellite over.
import { testModel } from "./spin.ts";

testModel(
  "satellite",
  "no satellite, whatever becomes of it, keeps its launcher, outlives it, or is believed too much",
  {
    EARLY: "assertion violated",
    UNNUMBERED: "assertion violated",
    PATIENT: "invalid end state",
    DEAF: "invalid end state",
    HOARDING: "assertion violated",
  },
);
