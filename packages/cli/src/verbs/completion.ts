// Prints completion scripts. The scripts hold the verb table; they call `coffer` for ids of containers only.
import { renderBash } from "../completion/bash.ts";
import { renderFish } from "../completion/fish.ts";
import { renderZsh } from "../completion/zsh.ts";
import type { shells } from "../table/groups.ts";
import type { Run } from "./call.ts";

const renderers: Readonly<Record<(typeof shells)[number], () => string>> = {
  bash: renderBash,
  fish: renderFish,
  zsh: renderZsh,
};

/** The script for a shell; the parser has checked the name. */
export const completion: Run = async ({ id }) => {
  const render = Object.entries(renderers).find(([name]) => name === id)?.[1];
  if (render !== undefined) process.stdout.write(render());
  return 0;
};
