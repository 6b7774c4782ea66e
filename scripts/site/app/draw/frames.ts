// Long work in small steps: some in each frame, so that the page answers between them.

/** How long the work of one frame may take, in ms. A frame has 16, and the browser lays out and paints in the rest. */
const budgetMs = 6;

const jobs: (() => boolean)[] = [];

function turn(): void {
  const end = performance.now() + budgetMs;
  do {
    const job = jobs.shift();
    // Jobs take turns, so that two lists grow together.
    if (job?.()) jobs.push(job);
  } while (jobs.length > 0 && performance.now() < end);
  if (jobs.length > 0) requestAnimationFrame(turn);
}

/** Calls a step at once, then some times in each frame, until the step returns false. */
export function inFrames(step: () => boolean): void {
  if (!step()) return;
  jobs.push(step);
  if (jobs.length === 1) requestAnimationFrame(turn);
}
