/** The browser of this machine; undefined if it has none. */
export function findBrowser(): string | undefined;

/** Starts the browser. Whoever starts it closes it. */
export function startBrowser(): Promise<import("playwright-core").Browser>;
