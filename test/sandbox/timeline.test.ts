// The page of --trace=FILE, in a real browser: what took longest is first and unfolds, and denials are on the line of the run.
import { chmodSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { startBrowser } from "../../scripts/site/browser.mjs";
import { needs } from "../helpers/needs.ts";
import { makePlace, sandboxIn } from "./table.ts";

/** A request through the proxy of the sandbox, by bash alone. */
const asks =
  "exec 3<>/dev/tcp/127.0.0.1/31280; printf 'CONNECT denied.example:443 HTTP/1.1\\r\\n\\r\\n' >&3; read -r _ code _ <&3; echo $code";

test.serial("a trace of a sandbox is one page, which a browser shows and folds", async (t) => {
  if (!(await needs(t, "root", "userns", "bash", "chromium"))) return;
  const { box } = await makePlace(t, "root");
  const file = join(box.base, "beside", "trace.html");
  const words = ["--tools", "none", "--allow", "allowed.example", `--trace=${file}`, "--", "bash", "-c", asks];
  const { stdout, stderr } = await sandboxIn(box, "root", words);
  t.is(stdout, "403\n", stderr);
  chmodSync(file, 0o644);
  const browser = await startBrowser();
  t.teardown(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1200, height: 700 } });
  const errors: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => void errors.push(message.text()));
  page.on("pageerror", (error) => void errors.push(error.message));
  page.on("request", (request) => void requests.push(request.url()));
  await page.goto(`file://${file}`);
  const heads = await page.locator("h2").allTextContents();
  t.regex(heads[0] ?? "", /^Longest first: [\d.]+ ms of work$/);
  t.regex(heads[1] ?? "", /^While it ran: [\d.]+ ms, 1 event$/);
  t.regex(heads[2] ?? "", /^Until the program runs: /);
  t.regex((await page.locator(".events td").nth(1).textContent()) ?? "", /^denied: connect denied\.example:443: /);
  const mark = await page.locator(".events i.denied").boundingBox();
  t.true(mark !== null && mark.x > 0 && mark.width > 0);
  const kinds = await page.locator("details details > summary").allTextContents();
  const times = kinds.map((text) => Number(/: ([\d.]+) ms in \d+$/.exec(text)?.[1]));
  t.true(times.length > 5);
  t.deepEqual(
    times,
    times.toSorted((a, b) => b - a),
  );
  const row = page.locator("details details table").first();
  t.false(await row.isVisible());
  const folded = await page.screenshot();
  await page.locator("details details > summary").first().click();
  t.true(await row.isVisible());
  const unfolded = await page.screenshot();
  t.true(folded.length > 10_000 && !folded.equals(unfolded));
  await page.locator("details > summary").first().click();
  t.false(await page.locator("details details > summary").first().isVisible());
  t.deepEqual(errors, []);
  t.deepEqual(requests, [`file://${file}`]);
});
