// What `npm test` runs besides all unit tests: of every area of test/ some whole files.
export const quick = ["test/api/*.test.ts"];
