// Headless Chromium for tests and pictures: Debian's package, driven by playwright-core. Nothing is downloaded, and the browser
// has no network but what the caller's pages ask for.
import { existsSync } from "node:fs";

const programs = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];

/** The browser of this machine; undefined if it has none. */
export const findBrowser = () => programs.find((path) => existsSync(path));

/** Starts the browser. Whoever starts it closes it. */
export async function startBrowser() {
  const { chromium } = await import("playwright-core");
  return chromium.launch({
    executablePath: findBrowser() ?? "chromium",
    // Root has no sandbox of Chromium; the pages are our own.
    chromiumSandbox: process.getuid?.() !== 0,
    args: ["--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--hide-scrollbars"],
  });
}
