// A certificate authority for one sandbox, in memory alone. It can speak for the hosts of the sandbox's secrets and no other
// (RFC 5280, section 4.2.1.10), and is gone with the process.
import type { KeyObject } from "node:crypto";
import { cryptography } from "../builtins.ts";
import * as der from "./der.ts";

const names = {
  commonName: "2.5.4.3",
  subjectKey: "2.5.29.14",
  keyUsage: "2.5.29.15",
  alternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  authorityKey: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
} as const;

/** A day before, for clocks that differ, and as long as a sandbox runs. */
const dayMs = 86_400_000;
const validDays = 30;

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const newPair = (): Pair => cryptography().generateKeyPairSync("ec", { namedCurve: "P-256" });
const spki = ({ publicKey }: Pair): Uint8Array => publicKey.export({ type: "spki", format: "der" });
const keyId = (pair: Pair): Uint8Array => cryptography().createHash("sha1").update(spki(pair)).digest();

const nameOf = (text: string): Uint8Array =>
  der.sequence(der.set(der.sequence(der.identifier(names.commonName), der.utf8(text))));

const extension = (name: keyof typeof names, content: Uint8Array, critical = false): Uint8Array =>
  der.sequence(der.identifier(names[name]), ...(critical ? [der.boolean(true)] : []), der.octets(content));

const dnsName = (host: string): Uint8Array => der.implicit(2)(Buffer.from(host, "latin1"));
const subjectKey = (pair: Pair): Uint8Array => extension("subjectKey", der.octets(keyId(pair)));
const authorityKey = (pair: Pair): Uint8Array => extension("authorityKey", der.sequence(der.implicit(0)(keyId(pair))));

interface Certificate {
  readonly subject: string;
  readonly key: Pair;
  readonly extensions: readonly Uint8Array[];
}

const authorityName = "Coffer sandbox";

function sign(issuer: Pair, { subject, key, extensions }: Certificate): string {
  const algorithm = der.sequence(der.identifier(names.ecdsaWithSha256));
  const now = Date.now();
  const body = der.sequence(
    der.explicit(0)(der.integer(Buffer.from([2]))),
    der.integer(Buffer.concat([Buffer.from([1]), cryptography().randomBytes(15)])),
    algorithm,
    nameOf(authorityName),
    der.sequence(der.time(new Date(now - dayMs)), der.time(new Date(now + validDays * dayMs))),
    nameOf(subject),
    spki(key),
    der.explicit(3)(der.sequence(...extensions)),
  );
  const signature = cryptography().sign("sha256", body, issuer.privateKey);
  const text = Buffer.from(der.sequence(body, algorithm, der.bits(signature))).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${text.replaceAll(/(.{64})(?=.)/g, "$1\n")}\n-----END CERTIFICATE-----\n`;
}

/** What a server shows for a host. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

/** An authority for some hosts. */
export interface CertificateAuthority {
  /** Its certificate, as PEM. */
  readonly certificate: string;
  /** For one of its hosts. */
  issue(host: string): Credentials;
}

/** Makes an authority that can speak for these hosts alone. */
export function makeCertificateAuthority(hosts: readonly string[]): CertificateAuthority {
  const pair = newPair();
  const permitted = der.explicit(0)(...hosts.map((host) => der.sequence(dnsName(host))));
  const certificate = sign(pair, {
    subject: authorityName,
    key: pair,
    extensions: [
      extension("basicConstraints", der.sequence(der.boolean(true), der.integer(Buffer.from([0]))), true),
      // keyCertSign is bit 5.
      extension("keyUsage", der.bits(Buffer.from([0x04]), 2), true),
      extension("nameConstraints", der.sequence(permitted), true),
      subjectKey(pair),
    ],
  });
  const issue = (host: string): Credentials => {
    const own = newPair();
    const cert = sign(pair, {
      subject: host,
      key: own,
      extensions: [
        extension("basicConstraints", der.sequence(), true),
        // digitalSignature is bit 0.
        extension("keyUsage", der.bits(Buffer.from([0x80]), 7), true),
        extension("extendedKeyUsage", der.sequence(der.identifier(names.serverAuth))),
        extension("alternativeName", der.sequence(dnsName(host))),
        subjectKey(own),
        authorityKey(pair),
      ],
    });
    return { cert, key: own.privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
  };
  return { certificate, issue };
}
