// What `npm test` runs besides all unit tests: of every area of test/ some whole files. `npm run test:all` runs the others
// after them. A file that takes more than some seconds does not belong here.
const areas = {
  adversary: ["document", "beside/weakened"],
  api: ["!(packages|planned-once|silent|warm)"],
  "bad-input": ["!(arguments|config|plans)"],
  cli: ["{audit,bundle,oci,output,readme,sandbox,verbs}"],
  conformance: ["conformance"],
  defence: ["{catalogue,sandbox,set-id,trace,waits-list}"],
  faults: ["sample"],
  front: ["differential"],
  fuzz: ["configs"],
  helper: ["{bus,denied,exec,gate,protocol,read-back,terminal,warning}"],
  lifecycle: ["{no-process,verbs}"],
  model: ["steps"],
  packages: ["contents"],
  policy: ["few"],
  resources: ["v2"],
  sandbox: ["names"],
  seccomp: ["live"],
  site: ["bundle"],
  spec3: ["notify"],
  support: ["!(mutants)"],
  wasm: ["run"],
};

export const quick = Object.entries(areas).flatMap(([area, names]) =>
  names.map((name) => `test/${area}/${name}.test.ts`),
);

/** Files of which a part is run: the group `rest` has the other rows. */
export const parted = ["test/conformance/conformance.test.ts"];
