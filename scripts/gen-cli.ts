// Writes what comes from the verb table and the manual of packages/cli: docs/cli.md and the man pages. The JSON
// Schemas of settings come from the schemas of packages/spec. With --check it only
// says whether the files are up to date, for CI. `coffer completion` renders the completion scripts at run time.
import { renderCofferPage, renderEnginePage } from "./gen/cli/man.ts";
import { renderCliDocs } from "./gen/cli/markdown.ts";
import { renderProfileSchema, renderSettingsSchema } from "./gen/cli/schema.ts";
import { writeTargets } from "./gen/write.ts";

const targets = {
  "docs/cli.md": renderCliDocs,
  "man/coffer.1": renderCofferPage,
  "man/coffer-oci.8": renderEnginePage,
  "packages/cli/schema/profile.json": renderProfileSchema,
  "packages/cli/schema/settings.json": renderSettingsSchema,
} as const;

writeTargets(targets, "npm run gen:cli");
