export default {
  files: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
  extensions: ["ts"],
  nodeArguments: ["--conditions=@coffer/source", "--disable-warning=ExperimentalWarning"],
  workerThreads: false,
  concurrency: 2,
  timeout: "120s",
};
