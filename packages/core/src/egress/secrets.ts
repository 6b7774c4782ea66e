// Secrets that a sandbox uses and does not have: inside is a placeholder, and the proxy puts the value into requests to one host.
import { CofferError, quote } from "../errors.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import type { Target } from "./rules.ts";
import { parseTarget, printTarget } from "./rules.ts";
import type { Search } from "./search.ts";
import { prepareSearch } from "./search.ts";

/** A secret for one host. */
export interface Secret {
  /** The variable of the sandbox. */
  readonly name: string;
  readonly value: string;
  /** `HOST` or `HOST:PORT`, a name; by default port 443. */
  readonly host: string;
  /** The fields of requests that may have the value. By default those that hosts expect credentials in. */
  readonly fields?: readonly string[] | undefined;
}

/** A secret with what stands for it inside. */
export interface HeldSecret {
  readonly name: string;
  readonly value: string;
  readonly target: Target;
  readonly placeholder: string;
  /** In lower case. */
  readonly fields: ReadonlySet<string>;
}

/** Fields that are there for credentials: hosts compare them, and have no reason to send them back. */
const credentialFields = ["authorization", "api-key", "private-token", "x-api-key", "x-goog-api-key"] as const;

const usualPort = 443;
const variable = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** What a field of HTTP can have in the middle. A short value would be found where it is none. */
const fieldValue = /^[\x21-\x7e]{8,8192}$/;
const isName = /[a-z]/i;
/** The name of a field (RFC 9110, section 5.6.2). */
const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;

/**
 * Reads secrets. `random` makes letters that nobody guesses.
 *
 * @throws {CofferError} E_USAGE, which does not have the value
 */
export function holdSecrets(secrets: readonly Secret[], random: () => string): readonly HeldSecret[] {
  return secrets.map(({ name, value, host, fields = credentialFields }) => {
    const refuse = (why: string): never => {
      throw new CofferError("E_USAGE", `secret ${quote(name)}: ${why}`, { argument: "secret" });
    };
    if (!variable.test(name)) return refuse("its name is none of a variable");
    const target = parseTarget(host, usualPort);
    // An address has no certificate that programs accept, and a pattern would be a host of anybody.
    if (target === undefined || target.host.includes(":") || !isName.test(target.host) || !target.host.includes("."))
      return refuse(`${quote(host)} is not the full name of a host`);
    if (!fieldValue.test(value)) return refuse("its value must have 8 letters or more, all of ASCII, and no blanks");
    if (fields.length === 0 || !fields.every((field) => fieldName.test(field)))
      return refuse(`${quote(fields.join(","))} is not a list of names of fields`);
    const lower = new Set(fields.map((field) => field.toLowerCase()));
    return { name, value, target, placeholder: `coffer-secret-${random()}`, fields: lower };
  });
}

/** The rules that the hosts of secrets need. */
export const hostsOf = (secrets: readonly HeldSecret[]): readonly string[] => [
  ...new Set(secrets.map(({ target }) => printTarget(target))),
];

/** Those of a target. */
export const secretsFor = (secrets: readonly HeldSecret[], { host, port }: Target): readonly HeldSecret[] =>
  secrets.filter(({ target }) => target.host === host.toLowerCase().replace(/\.$/, "") && target.port === port);

const basic = /^(?<scheme>Basic\s+)(?<code>[A-Za-z0-9+/]+=*)$/i;

/** Puts values into a field of a request that may have them: as they are, and into what Basic (RFC 7617) has encoded. */
export function toHost(secrets: readonly HeldSecret[], name: string, value: string): string {
  const own = secrets.filter(({ fields }) => fields.has(name.toLowerCase()));
  const put = (text: string): string =>
    own.reduce((told, secret) => told.replaceAll(secret.placeholder, () => secret.value), text);
  const { scheme = "", code = "" } = basic.exec(value)?.groups ?? {};
  const plain = fromBase64(code);
  return code !== "" && plain?.includes("coffer-secret-") ? `${scheme}${toBase64(put(plain))}` : put(value);
}

/** Prepares to take values out of answers. */
export const fromHost = (secrets: readonly HeldSecret[]): (() => Search) => prepareSearch(secrets);

/** Where the sandbox finds the certificates: those of the host, and that of the authority. */
export const certificatesPath = "/etc/coffer-certificates.pem";

/** Variables with which the usual programs read certificates. */
export const certificateEnv: Readonly<Record<string, string>> = Object.fromEntries(
  [
    "AWS_CA_BUNDLE",
    "CARGO_HTTP_CAINFO",
    "CURL_CA_BUNDLE",
    "DENO_CERT",
    "GIT_SSL_CAINFO",
    "NIX_SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "YARN_HTTPS_CA_FILE_PATH",
    "npm_config_cafile",
  ].map((name) => [name, certificatesPath] as const),
);
