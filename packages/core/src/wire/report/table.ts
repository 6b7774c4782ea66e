// The words of the launcher's report records (ARCHITECTURE.md, "Report"). Codes are part of the format.

/** The state that a record tells. */
export const reportStates = {
  created: { code: 1, doc: "init waits at its gate" },
  running: { code: 2, doc: "the program has been executed" },
  exited: { code: 3, doc: "the container has ended; `status` says how" },
  failed: { code: 4, doc: "the launch failed" },
  done: { code: 5, doc: "a host plan has run" },
  locked: { code: 7, doc: "the launcher has taken the lock of `--lock-fd`, and now reads the plan" },
  taken: { code: 8, doc: "a launcher that was asked for has its inputs, which the caller may close now" },
  ended: { code: 9, doc: "such a launcher has ended; `status` says how" },
  stopped: { code: 10, doc: "the user has stopped the container (^Z), and the caller's terminal is as it was" },
  warned: { code: 6, doc: "an op failed that the plan goes on after; the record is that of a failure" },
} as const;

export type ReportState = keyof typeof reportStates;

/** The kind of failure. */
export const reportCodes = {
  none: { code: 0, doc: "no failure" },
  usage: { code: 1, doc: "the helper was called wrongly" },
  "plan-refused": { code: 2, doc: "the verifier refused the plan: `detail` is the rule, `op` where" },
  "bad-input": { code: 3, doc: "an input is missing or of the wrong type: `detail` is the slot" },
  "call-failed": { code: 4, doc: "a kernel call failed: `errno`" },
  "read-back": { code: 5, doc: "what was read back differs from the plan: `detail` is the value found" },
  "init-ended": {
    code: 6,
    doc: "init ended before it was told to: `detail` is how it ended, as `status` says it, or 0 if that is not known",
  },
  protocol: { code: 7, doc: "a message between launcher and init was not what the protocol says" },
  "no-program": { code: 8, doc: "no candidate to execute was found" },
  "program-failed": {
    code: 9,
    doc: "a program that the plan spawned failed: `detail` is how it ended, as `status` says it",
  },
  "satellite-failed": {
    code: 10,
    doc: "the satellite that carries out the op has ended, is silent, or says what it may not: `errno` tells which",
  },
} as const;

export type ReportCode = keyof typeof reportCodes;
