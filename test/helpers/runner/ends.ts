// Ends the process of a test file some time after its last test. A failed test may leave something open, such as the output
// of a container. It would keep the process, and one of two workers, until the whole run is out of time. ava.config.js loads
// this first.
import { registerCompletionHandler } from "ava";

const graceMs = 30_000;

registerCompletionHandler(() => {
  setTimeout(() => {
    const kept = process.getActiveResourcesInfo().join(", ");
    console.error(`this file's process was ended: ${kept} kept it for ${graceMs / 1000} s after the last test`);
    process.exit(1);
  }, graceMs).unref();
});
