// To be imported as a namespace, `import * as z`: a bundler can then leave out what no schema uses, which is half of zod.
import { config } from "zod";

// No code generation: the schemas also run where `new Function` is forbidden, and this must be set before any schema is made.
config({ jitless: true });

export * from "zod";
