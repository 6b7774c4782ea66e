import * as z from "zod";

// No code generation: the schemas also run where `new Function` is forbidden, and this must be set before any schema is made.
z.config({ jitless: true });

export { z };
