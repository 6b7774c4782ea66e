// What is printed at the end of a run of the tests: CI shows the last hundred lines of it.

/** How many lines of a failure, and of all of them, are printed again; how many files are named with their times. */
const most = { each: 20, all: 56, files: 15 };

/** The first lines of a list, or the last ones. */
export function cut(lines, isEnd = false, count = most.each) {
  const left = lines.length - count;
  if (left <= 0) return lines;
  const told = `  … ${left} lines more`;
  return isEnd ? [told, ...lines.slice(-count)] : [...lines.slice(0, count), told];
}

/** The lines of a program's output that say something. */
export function linesOf(text) {
  return text.split("\n").filter((line) => line.trim() !== "");
}

/** Every failure, with what is known of it. */
function tellFailures(failures) {
  const lines = failures.flatMap(({ title, details }) => [
    `# what failed: ${title}`,
    ...cut(details).map((line) => `    ${line}`),
  ]);
  return cut(lines, false, most.all);
}

/** The files that took longest: in seconds, and of those the seconds of processors, as far as they are known. */
export function tellLongest(files) {
  const inSeconds = (ms) => (ms === undefined ? "?" : String(Math.round(ms / 1000))).padStart(5);
  const longest = files.toSorted((a, b) => b.ms - a.ms).slice(0, most.files);
  const lines = longest.map(({ name, ms, cpu }) => `#${inSeconds(ms)}${inSeconds(cpu)}  ${name}`);
  return lines.length === 0 ? [] : ["# the longest files, in seconds, and seconds of processors:", ...lines];
}

/**
 * Prints what the tests came to; the last line is `N passed, N failed, N skipped`. Returns the exit status: 0 if something
 * passed and nothing failed. With MUST_WORK=1 a test that is only marked as skipped has failed: `needs()` of
 * test/helpers/needs.ts judges the skips that have a reason.
 */
export function report({ passed, failures, skipped, launches, files }, seconds) {
  const marked = skipped.filter(({ reason }) => process.env.MUST_WORK === "1" && reason === "marked");
  const all = [...failures, ...marked.map(({ title }) => ({ title: `${title} (skipped)`, details: [] }))];
  for (const { title, reason } of skipped) console.log(`skip: ${title}: ${reason}`);
  for (const line of [...tellLongest(files), ...tellFailures(all)]) console.log(line);
  for (const { title } of all) console.log(`failed: ${title}`);
  console.log(`# ${launches} launches of containers in ${seconds} s`);
  console.log(`${passed} passed, ${all.length} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`);
  return passed === 0 || all.length > 0 ? 1 : 0;
}
