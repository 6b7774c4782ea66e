// The built site in a browser of its own, for one file of tests.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext, TestFn } from "ava";
import type { Browser, Page } from "playwright-core";
import { startBrowser } from "../../scripts/site/browser.mjs";
import { buildApp } from "../../scripts/site/build.ts";
import { buildDocs } from "../../scripts/site/docs.ts";
import { needs } from "../helpers/needs.ts";
import { dropFile, pasteText } from "./in-page.ts";

/** A page and what it did that it must not. */
export interface Opened {
  readonly page: Page;
  /** Addresses that were asked for, but those of the site's folder. */
  readonly requests: readonly string[];
  /** Errors of the page: its own, and what its security policy has refused. */
  readonly errors: readonly string[];
}

/** What the tests of a file share. */
export interface Site {
  /** The folder of the site, once it is built. */
  folder(): Promise<string>;
  /** Opens a view of the page, or a page of the documentation: `../docs/NAME.html`; undefined, and the test is skipped, where there is no browser. */
  open(t: ExecutionContext, view?: string, how?: Parameters<Browser["newContext"]>[0]): Promise<Opened | undefined>;
}

/** Builds the site before the tests of a file, and removes it after them. */
export function useSite(test: TestFn): Site {
  const folder = mkdtempSync(join(tmpdir(), "cft-site-"));
  const built = buildApp(folder).then(() => buildDocs(join(folder, "docs")));
  let browser: Promise<Browser> | undefined;
  test.after.always("the browser is closed", async () => {
    await (await browser)?.close();
    await built;
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder: () => built.then(() => folder),
    async open(t, view = "plan", how = {}) {
      if (!(await needs(t, "chromium"))) return undefined;
      await built;
      browser ??= startBrowser();
      const context = await (await browser).newContext(how);
      t.teardown(() => context.close());
      const page = await context.newPage();
      const [requests, errors]: [string[], string[]] = [[], []];
      page.on("request", (request) => {
        const url = request.url();
        if (!url.startsWith(`file://${folder}/`) && !url.startsWith("blob:") && !url.startsWith("data:"))
          requests.push(url);
      });
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => void (message.type() === "error" && errors.push(message.text())));
      const isView = !view.startsWith("../");
      await page.goto(isView ? `file://${folder}/index.html#${view}` : `file://${folder}/${view.slice("../".length)}`);
      if (isView) await page.waitForSelector("#words .card", { state: "attached" });
      return { page, requests, errors };
    },
  };
}

/** Calls a function of `in-page.ts` in the page. */
export function callIn(page: Page, script: string, argument?: unknown): Promise<unknown> {
  return page.evaluate(`(${script})(${JSON.stringify(argument)})`);
}

/** Waits until the page has planned what it was given. */
export async function settle(page: Page): Promise<void> {
  await page.waitForSelector("body:not([aria-busy])");
}

/** Pastes a text into the page, and waits for the plan. */
export async function paste(page: Page, text: string): Promise<void> {
  await callIn(page, pasteText, text);
  await settle(page);
}

/** Drops a file on the page; its bytes are repeated. */
export async function drop(page: Page, name: string, bytes: Uint8Array | string, repeat = 1): Promise<void> {
  await callIn(page, dropFile, { name, bytes: [...Buffer.from(bytes)], repeat });
  await settle(page);
}

/** Chromium drops the eleventh download within a second of the first. */
const betweenSavesMs = 110;

/** The file that a button saves. */
export async function saved(page: Page, button: string): Promise<string> {
  await page.waitForTimeout(betweenSavesMs);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
  return readFileSync(await download.path(), "utf8");
}

/** The texts of all elements that fit. */
export function textsOf(page: Page, selector: string): Promise<readonly string[]> {
  return page.locator(selector).allTextContents();
}
