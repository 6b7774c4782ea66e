// The JSON Schemas of the files of settings, for editors: made of the schemas that read the files.
import { sandboxProfile, sandboxSettings } from "../../../packages/spec/src/documents/sandbox.ts";
import * as z from "../../../packages/spec/src/values/zod.ts";

const render = (title: string, schema: z.ZodType): string =>
  `${JSON.stringify({ title, ...z.toJSONSchema(schema, { io: "input" }) }, null, 2)}\n`;

/** Of `coffer.json`, and of files that `--profile` names. */
export const renderProfileSchema = (): string => render("A profile of coffer sandbox", sandboxProfile);

/** Of a user's own `sandbox.json`. */
export const renderSettingsSchema = (): string => render("Settings of coffer sandbox", sandboxSettings);
