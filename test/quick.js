// What `npm test` runs besides all unit tests: of every area of test/ some whole files. `npm run test:all` runs the others
// after them. A file that takes more than some seconds does not belong here.
const areas = {
  adversary: ["document", "beside/{conditions,weakened}"],
  api: ["!(silent)"],
  "bad-input": ["*"],
  cli: ["{audit,bundle,completion/*,explain,oci,odd-callers,output,policy,readme,sandbox,usage,verbs}"],
  conformance: ["conformance"],
  defence: ["{catalogue,escape,sandbox,set-id,trace,waits-list}"],
  faults: ["sample"],
  front: ["differential"],
  fuzz: ["configs"],
  helper: ["{bus,denied,exec,gate,protocol,read-back,terminal,warning}"],
  lifecycle: ["{exec,no-process,verbs}"],
  model: ["steps"],
  packages: ["contents"],
  policy: ["few"],
  resources: ["{devices,events,v2}"],
  sandbox: ["names"],
  seccomp: ["live"],
  site: ["bundle"],
  spec3: ["{netdevices,notify}"],
  support: ["*"],
  wasm: ["run"],
};

export const quick = Object.entries(areas).flatMap(([area, names]) =>
  names.map((name) => `test/${area}/${name}.test.ts`),
);

/** Files of which a part is run: the group `rest` has the other rows. */
export const parted = ["test/conformance/conformance.test.ts"];
