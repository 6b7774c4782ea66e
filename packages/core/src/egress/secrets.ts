// Secrets that a sandbox uses and does not have: inside is a placeholder, and the proxy puts the value into requests to one host.
import { CofferError, quote } from "../errors.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import type { Target } from "./rules.ts";
import { parseTarget, printTarget } from "./rules.ts";

/** A secret for one host. */
export interface Secret {
  /** The variable of the sandbox. */
  readonly name: string;
  readonly value: string;
  /** `HOST` or `HOST:PORT`, a name; by default port 443. */
  readonly host: string;
}

/** A secret with what stands for it inside. */
export interface HeldSecret {
  readonly name: string;
  readonly value: string;
  readonly target: Target;
  readonly placeholder: string;
}

const usualPort = 443;
const variable = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** What a field of HTTP can have in the middle. A short value would be found where it is none. */
const fieldValue = /^[\x21-\x7e]{8,8192}$/;
const isName = /[a-z]/i;

/**
 * Reads secrets. `random` makes letters that nobody guesses.
 *
 * @throws {CofferError} E_USAGE, which does not have the value
 */
export function holdSecrets(secrets: readonly Secret[], random: () => string): readonly HeldSecret[] {
  return secrets.map(({ name, value, host }) => {
    const refuse = (why: string): never => {
      throw new CofferError("E_USAGE", `secret ${quote(name)}: ${why}`, { argument: "secret" });
    };
    if (!variable.test(name)) return refuse("its name is none of a variable");
    const target = parseTarget(host, usualPort);
    // An address has no certificate that programs accept, and a pattern would be a host of anybody.
    if (target === undefined || target.host.includes(":") || !isName.test(target.host) || !target.host.includes("."))
      return refuse(`${quote(host)} is not the full name of a host`);
    if (!fieldValue.test(value)) return refuse("its value must have 8 letters or more, all of ASCII, and no blanks");
    return { name, value, target, placeholder: `coffer-secret-${random()}` };
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

/** Puts values into a field of a request: as they are, and into what Basic (RFC 7617) has encoded. */
export function toHost(secrets: readonly HeldSecret[], value: string): string {
  const put = (text: string): string =>
    secrets.reduce((told, secret) => told.replaceAll(secret.placeholder, () => secret.value), text);
  const { scheme = "", code = "" } = basic.exec(value)?.groups ?? {};
  const plain = fromBase64(code);
  return code !== "" && plain?.includes("coffer-secret-") ? `${scheme}${toBase64(put(plain))}` : put(value);
}

/** Takes values out of a field of an answer. */
export const fromHost = (secrets: readonly HeldSecret[], value: string): string =>
  secrets.reduce((told, secret) => told.replaceAll(secret.value, () => secret.placeholder), value);

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
  ].map((name) => [name, certificatesPath] as const),
);
