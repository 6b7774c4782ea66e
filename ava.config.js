// The tests in groups: `main` is what `npm test` runs; the others need machines or programs of their own.
const groups = {
  main: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts", "!test/vm/**", "!test/clients/**"],
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
