// Draws the views for the README and docs/use/explorer.md: node --conditions=@coffer/source scripts/site/pictures.ts [DIRECTORY]
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";
import { startBrowser } from "./browser.mjs";
import { buildApp } from "./build.ts";
import { buildDocs } from "./docs.ts";

const to = resolve(process.argv[2] ?? "docs/images");
/** A file of `coffer sandbox --trace=FILE.json`: what the time line shows. */
const trace = process.argv[3];
const folder = mkdtempSync(join(tmpdir(), "cft-pictures-"));

const settled = (page: Page): Promise<unknown> => page.waitForSelector("body:not([aria-busy])");

/** Each picture: the page, and what is done before it is drawn. */
const pictures: Readonly<Record<string, readonly [string, (page: Page) => Promise<void>]>> = {
  plan: [
    "index.html#plan",
    async (page) => {
      await page.selectOption("#sample", "coffer spec");
      await settled(page);
      await page.locator("#ops [role=option]", { hasText: "pivot root=root" }).click();
      await page.evaluate("scrollTo(0, 0)");
    },
  ],
  audit: [
    "index.html#audit",
    async (page) => {
      await page.click("#policy-example");
      await page.locator("#violations li").first().waitFor();
      await page.evaluate("scrollTo(0, 0); document.activeElement.blur()");
    },
  ],
  compare: ["index.html#compare", async (page) => void (await page.waitForSelector("#compare-words table"))],
  trace: [
    "index.html#trace",
    async (page) => {
      if (trace === undefined) return;
      await page.setInputFiles("#trace-file", {
        name: "coffer sandbox -- true",
        mimeType: "application/json",
        buffer: readFileSync(trace),
      });
      await page.locator("details.group").first().waitFor();
    },
  ],
  docs: ["docs/defence.html?find=symlink", async (page) => void (await page.evaluate("scrollTo(0, 0)"))],
};

await buildApp(folder);
buildDocs(join(folder, "docs"));
mkdirSync(to, { recursive: true });
const browser = await startBrowser();
for (const [name, [address, prepare]] of Object.entries(pictures)) {
  const page = await browser.newPage({ viewport: { width: 1160, height: 720 } });
  await page.goto(`file://${folder}/${address}`);
  if (address.startsWith("index")) await page.waitForSelector("#words .card", { state: "attached" });
  await prepare(page);
  await page.screenshot({ path: join(to, `${name}.png`) });
  await page.close();
}
await browser.close();
rmSync(folder, { recursive: true });
