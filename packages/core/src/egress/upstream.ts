// The proxy that the caller's own environment names: where there is one, names are its to resolve.
import { CofferError } from "../errors.ts";
import { isIn, parseAddress, parseBlock } from "./address.ts";
import { toBase64 } from "./base64.ts";
import type { Target } from "./rules.ts";
import { printTarget } from "./rules.ts";

/** A proxy for HTTP, with what it asks for. */
export interface Upstream {
  readonly host: string;
  readonly port: number;
  /** The value of Proxy-Authorization. */
  readonly authorization: string | undefined;
  /** Whether a target is connected to without it. */
  bypasses(target: Target): boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

const form = /^(?:http:\/\/)?(?:(?<user>[^@/]*)@)?(?<host>\[[0-9a-fA-F:.]+\]|[^:/@[\]]+)(?::(?<port>\d{1,5}))?\/?$/;

function fromPercent(text: string): string {
  return text.replaceAll(/%([0-9a-fA-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** One entry of NO_PROXY: a host, with or without what is beneath, an address, or a network; each perhaps with a port. */
function matches(entry: string, { host, port }: Target): boolean {
  if (entry === "*") return true;
  const block = parseBlock(entry);
  const address = parseAddress(host);
  if (block !== undefined) return address !== undefined && isIn(address, block);
  const [, name = "", only] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
  if (name === "" || (only !== undefined && Number(only) !== port)) return false;
  const plain = host.toLowerCase();
  return plain === name || plain.endsWith(`.${name}`);
}

/**
 * Reads `https_proxy`, `http_proxy` and `no_proxy` of an environment, in either spelling, as curl(1) has them.
 *
 * @throws {CofferError} E_USAGE for a proxy of another kind
 */
export function readUpstream(env: Env): Upstream | undefined {
  const names = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"] as const;
  const name = names.find((one) => (env[one] ?? "") !== "");
  if (name === undefined) return undefined;
  const groups = form.exec(env[name] ?? "")?.groups;
  const port = Number(groups?.port ?? "80");
  const isAddress = parseAddress(groups?.host?.replace(/^\[(.*)\]$/, "$1") ?? "")?.length === 16;
  if (groups?.host === undefined || port < 1 || port > 65535 || groups.host.startsWith("[") !== isAddress) {
    const hint = "set it to http://HOST:PORT, or unset it";
    throw new CofferError("E_USAGE", `${name} names no proxy for HTTP`, { argument: name }, { hint });
  }
  const entries = (env.no_proxy ?? env.NO_PROXY ?? "").split(/[\s,]+/).filter((entry) => entry !== "");
  return {
    host: groups.host.replace(/^\[(.*)\]$/, "$1"),
    port,
    authorization: groups.user === undefined ? undefined : `Basic ${toBase64(fromPercent(groups.user))}`,
    bypasses: (target) => entries.some((entry) => matches(entry, target)),
  };
}

const fieldOf = ({ authorization }: Upstream): string =>
  authorization === undefined ? "" : `Proxy-Authorization: ${authorization}\r\n`;

/** What asks the proxy for a tunnel to a target. */
export function tunnelRequest(upstream: Upstream, target: Target): string {
  const place = printTarget(target);
  return `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${fieldOf(upstream)}\r\n`;
}

/** A request for the target itself (`Head.first`), as the proxy wants it: with the whole URL. */
export function proxiedRequest(upstream: Upstream, target: Target, first: string): string {
  const place = target.port === 80 ? printTarget(target).replace(/:80$/, "") : printTarget(target);
  const rest = first.replace(/^(\S+) /, (_all, method: string) => `${method} http://${place}`);
  return rest.replace("\r\n", `\r\n${fieldOf(upstream)}`);
}

/** The status of the answer to `tunnelRequest`, and how many bytes it has; undefined while it is not whole. */
export function readTunnelAnswer(text: string): { readonly status: number; readonly size: number } | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  return { status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? "0"), size: end + 4 };
}
