// docs/engines/kubernetes.md names rows that are there.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { criRows } from "../clients/cri-rows.ts";
import { repository } from "../helpers/build.ts";

test("each row that docs/engines/kubernetes.md names is a row", (t) => {
  const text = readFileSync(join(repository, "docs/engines/kubernetes.md"), "utf8");
  const [, table = ""] = text.split("| Field | Row |\n|---|---|\n");
  const named = [...table.matchAll(/^\|[^\n]*\| ([^|\n]+) \|$/gm)].map(([, title]) => title);
  const titles = new Set<string | undefined>(criRows.map(({ title }) => title));
  t.true(named.length > 15);
  t.deepEqual(
    named.filter((title) => !titles.has(title)),
    [],
  );
});
