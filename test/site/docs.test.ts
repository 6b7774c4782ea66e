// The documentation as pages: every link leads somewhere, tables are filtered, and the search finds.
import { globSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import test from "ava";
import { textsOf, useSite } from "./site.ts";

const site = useSite(test);

test.serial("every link of every page leads to a page and a heading that are there", async (t) => {
  const folder = await site.folder();
  const pages = globSync(join(folder, "docs/*.html"));
  t.true(pages.length > 60);
  const texts = new Map(pages.map((path) => [basename(path), readFileSync(path, "utf8")]));
  const lost: string[] = [];
  for (const [name, text] of texts)
    for (const [, href = ""] of text.matchAll(/<a href="([^"]*)"/g)) {
      if (/^(https?:|\.\.\/index\.html)/.test(href)) continue;
      const [page = "", anchor] = href.split("#");
      const target = texts.get(page === "" ? name : page);
      const isThere =
        target !== undefined &&
        (anchor === undefined || ["content", ""].includes(anchor) || target.includes(` id="${anchor}"`));
      if (!isThere) lost.push(`${name}: ${href}`);
    }
  t.deepEqual(lost, []);
});

test.serial("the site is at most 1.2 MB compressed", async (t) => {
  const folder = await site.folder();
  const files = globSync(join(folder, "**/*")).filter((path) => statSync(path).isFile());
  const size = files.reduce((sum, path) => sum + gzipSync(readFileSync(path), { level: 9 }).length, 0);
  t.log(`${files.length} files, ${size} bytes compressed`);
  t.true(size <= 1_200_000);
});

test.serial("the matrices are filtered, also by the link of a finding", async (t) => {
  const opened = await site.open(t, "../docs/defence.html?find=runc 2016-9962");
  if (opened === undefined) return;
  const { page, requests, errors } = opened;
  const visible = await page.locator("tbody tr:visible").count();
  const all = await page.locator("tbody tr").count();
  t.true(visible < all);
  t.regex((await textsOf(page, ".faint[role=status]")).join(" "), /\d+ of \d+ rows/);
  t.deepEqual([requests, errors], [[], []]);
});

for (const [name, word] of [
  ["defence", "ptrace"],
  ["adversary", "freeze"],
] as const)
  test.serial(`every long table of ${name}.html has a filter, which hides what does not fit`, async (t) => {
    const opened = await site.open(t, `../docs/${name}.html`);
    if (opened === undefined) return;
    const { page, errors } = opened;
    const filters = page.locator("input.filter");
    const count = await filters.count();
    t.true(count > 0);
    const rows = page.locator("tbody tr:visible");
    const all = await rows.count();
    for (let index = 0; index < count; index += 1) await filters.nth(index).fill(word);
    const fitting = await rows.count();
    t.true(fitting > 0 && fitting < all, `${fitting} of ${all}`);
    for (let index = 0; index < count; index += 1) await filters.nth(index).fill("");
    t.is(await rows.count(), all);
    t.deepEqual(errors, []);
  });

test.serial("the search finds sections, and times have bars", async (t) => {
  const opened = await site.open(t, "../docs/performance.html");
  if (opened === undefined) return;
  const { page, errors } = opened;
  t.true((await page.locator(".meter").count()) > 5);
  await page.fill("#search", "verifier typestate");
  await page.locator("#results").waitFor();
  await page.fill("#search", "policy findings worst");
  t.true((await textsOf(page, "#results a")).length > 0);
  await page.fill("#search", "zzzz-not-there");
  t.regex((await page.locator("#results").textContent()) ?? "", /Nothing is found/);
  t.deepEqual(errors, []);
});
