// The tests in groups: `main` is what `npm test` runs; the others need machines or programs of their own.
// `nightly` takes long on a calm machine and does not bear a busy one.
const nightly = ["test/faults/{executed,faults,front,soak}.test.ts", "test/defence/{races,weakened}.test.ts"];

const groups = {
  main: [
    "packages/*/src/**/*.test.ts",
    "test/**/*.test.ts",
    "!test/vm/**",
    "!test/clients/**",
    ...nightly.map((file) => `!${file}`),
  ],
  nightly,
  vm: ["test/vm/**/*.test.ts"],
  clients: ["test/clients/**/*.test.ts"],
};

export default {
  files: groups[process.env.COFFER_TESTS ?? "main"],
  extensions: ["ts"],
  nodeArguments: ["--conditions=@coffer/source", "--disable-warning=ExperimentalWarning"],
  workerThreads: false,
  concurrency: 2,
  timeout: "180s",
};
