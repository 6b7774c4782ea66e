// Reads the TAP of scripts/testing/ava.mjs.

/**
 * What a run of tests came to. A test that passes with the comment `skipped: REASON` is a skip.
 *
 * `failures` has title and details (lines), `skipped` title and reason, `files` the duration of each file in milliseconds.
 * `isWhole` is false when the output ends before the run does.
 */
export function readTap(text) {
  const tests = [];
  const files = {};
  let isWhole = false;
  let test;
  let details;
  for (const line of text.split("\n")) {
    if (details !== undefined) {
      if (line === "  ...") details = undefined;
      else details.push(line.slice(4));
      continue;
    }
    const [, isNot, title, directive] = /^(not )?ok \d+ - (.*?)(?: # (SKIP|TODO))?$/.exec(line) ?? [];
    const [, file, ms] = /^# file=(.*) time=(\d+)ms$/.exec(line) ?? [];
    const [, left] = /^# (\d+ tests? remaining in .*)$/.exec(line) ?? [];
    if (title !== undefined) {
      test = { title, isOk: isNot === undefined, directive, notes: [], details: [] };
      tests.push(test);
    } else if (line === "  ---") details = test.details;
    else if (file !== undefined) files[file] = Number(ms);
    else if (left !== undefined) tests.push({ title: left, isOk: false, notes: [], details: [] });
    else if (/^# {3}/.test(line)) test?.notes.push(line.slice(4));
    else if (/^# (?!time=)/.test(line)) test = undefined;
    else if (/^1\.\.\d+$/.test(line)) isWhole = true;
  }
  return { ...countTests(tests), files, isWhole };
}

function countTests(tests) {
  const counts = { passed: 0, failures: [], skipped: [] };
  for (const { title, isOk, directive, notes, details } of tests) {
    const reason = notes.find((note) => note.startsWith("skipped: "));
    if (directive !== undefined) counts.skipped.push({ title, reason: "marked" });
    else if (!isOk) counts.failures.push({ title, details: [...readable(details), ...notes] });
    else if (reason !== undefined) counts.skipped.push({ title, reason });
    else counts.passed += 1;
  }
  return counts;
}

/** The details of a failure without the words of YAML that say nothing. */
function readable(details) {
  return details.filter(
    (line) => !/^(name: (Assertion)?Error|message: ''|details:|at: no place of this repository)$/.test(line),
  );
}
