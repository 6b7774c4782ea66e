type Values = Readonly<Record<string, unknown>>;

/** A small valid config, with the given top-level fields put in. */
export function baseConfig(fields: Values = {}): Values {
  return { ociVersion: "1.3.0", root: { path: "rootfs" }, process: baseProcess(), ...fields };
}

/** A small valid process, with the given fields put in. */
export function baseProcess(fields: Values = {}): Values {
  return { cwd: "/", args: ["sh"], ...fields };
}
