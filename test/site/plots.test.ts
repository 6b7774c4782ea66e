// The pictures of docs/performance.md in a browser: whole, and every word in its place.
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import test from "ava";
import { startBrowser } from "../../scripts/site/browser.mjs";
import { repository } from "../helpers/build.ts";
import { needs } from "../helpers/needs.ts";

const folder = join(repository, "docs/performance");
const files = globSync(join(folder, "*.svg")).toSorted();

/** Runs in the page: words that are outside of the picture, and pairs of words that are written into each other. */
const misplaced = `(() => {
  const view = document.documentElement.getBoundingClientRect();
  const words = [...document.querySelectorAll("text")].map((one) => ({ words: one.textContent, box: one.getBoundingClientRect() }));
  const outside = words.filter(({ box }) => box.left < 0 || box.top < 0 || box.right > view.width || box.bottom > view.height);
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top + 2 || b.bottom <= a.top + 2;
  const pairs = words.flatMap((one, index) => words.slice(index + 1).flatMap((other) => (apart(one.box, other.box) ? [] : [one.words + " × " + other.words])));
  const numbers = [...document.querySelectorAll("rect, line, polyline")].filter((one) => /NaN|Infinity/.test(one.outerHTML)).length;
  return { root: document.documentElement.localName, words: words.length > 5, outside: outside.map((one) => one.words), pairs, numbers };
})()`;

test("docs/performance.md shows every picture, and no other", (t) => {
  const text = readFileSync(join(repository, "docs/performance.md"), "utf8");
  const shown = [...text.matchAll(/^!\[[^\]]+\]\(performance\/([^)]+)\)$/gm)].map(([, name]) => name);
  t.deepEqual(
    shown.toSorted(),
    files.map((file) => basename(file)),
  );
});

test("every picture is whole in a browser, light and dark", async (t) => {
  if (!(await needs(t, "chromium"))) return;
  const browser = await startBrowser();
  t.teardown(() => browser.close());
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await (await browser.newContext({ colorScheme })).newPage();
    const back = new Set<unknown>();
    for (const file of files) {
      await page.goto(`file://${file}`);
      const found = await page.evaluate(misplaced);
      t.deepEqual(found, { root: "svg", words: true, outside: [], pairs: [], numbers: 0 }, basename(file));
      back.add(await page.evaluate('getComputedStyle(document.querySelector(".back")).fill'));
    }
    t.deepEqual(
      [...back],
      files.length > 0 ? [colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(13, 17, 23)"] : [],
    );
  }
});
