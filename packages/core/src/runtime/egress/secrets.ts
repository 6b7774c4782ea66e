// Connections of a sandbox to the hosts of its secrets.
import type { HeldSecret } from "../../egress/secrets.ts";
import { certificateEnv, certificatesPath, fromHost, secretsFor, toHost } from "../../egress/secrets.ts";
import { CofferError } from "../../errors.ts";
import { optional } from "../../system/error.ts";
import type { Network, System } from "../../system/port.ts";
import type { Runtime } from "../runtime.ts";
import type { Egress } from "./serve.ts";
import { timeoutMs } from "./streams.ts";

/** What a sandbox with secrets needs. */
export interface ServedSecrets {
  readonly find: NonNullable<Egress["secrets"]>;
  readonly env: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
}

/** Where systems keep the certificates that programs trust. */
const hostCertificates = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
] as const;
const mostCertificates = 4 * 1024 * 1024;

function readCertificates({ readText }: System): string {
  for (const path of hostCertificates) {
    const text = optional(() => readText(path, mostCertificates));
    if (text !== undefined) return text;
  }
  return "";
}

/** Makes an authority for the hosts of secrets, and what a sandbox is given to trust it. */
export function serveSecrets(
  { system }: Runtime,
  { makeAuthority }: Network,
  secrets: readonly HeldSecret[],
): ServedSecrets {
  if (makeAuthority === undefined)
    throw new CofferError("E_HOST_UNSUPPORTED", "secrets need Node", { needs: "Node", found: "none" });
  const authority = makeAuthority([...new Set(secrets.map(({ target }) => target.host))]);
  const placeholders = secrets.map(({ name, placeholder }) => [name, placeholder] as const);
  return {
    find: (target) => {
      const own = secretsFor(secrets, target);
      const [first] = own;
      if (first === undefined) return undefined;
      const { host, port } = first.target;
      const change = {
        toHost: (name: string, value: string) => toHost(own, name, value),
        fromHost: fromHost(own),
      };
      return (client, connect) => authority.serve(client, { host, port, connect, timeoutMs, ...change });
    },
    env: { ...certificateEnv, ...Object.fromEntries(placeholders) },
    files: { [certificatesPath]: `${readCertificates(system)}\n${authority.certificate}` },
  };
}
