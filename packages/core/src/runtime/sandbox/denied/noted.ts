// What is remembered of a sandbox, to explain what its later processes were denied.

/** How a sandbox reaches hosts. */
const networks = ["none", "proxy", "user", "host"] as const;

/** What the later processes of a sandbox may want in vain, and what explains that. */
export interface Noted {
  readonly network: (typeof networks)[number];
  /** Configs of git that are guarded, and what is said of each. */
  readonly configs: readonly { readonly path: string; readonly why: string }[];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Reads it; undefined where it has another form. */
export function readNoted(value: unknown): Noted | undefined {
  if (!isObject(value) || !Array.isArray(value.configs)) return undefined;
  const network = networks.find((one) => one === value.network);
  const given: readonly unknown[] = value.configs;
  const configs = given.flatMap((one) =>
    isObject(one) && typeof one.path === "string" && typeof one.why === "string"
      ? [{ path: one.path, why: one.why }]
      : [],
  );
  return network === undefined || configs.length < given.length ? undefined : { network, configs };
}
