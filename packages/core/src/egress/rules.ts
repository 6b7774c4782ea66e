// Where a sandbox may connect to: rules that name hosts, and what they say of a target.
import { CofferError, quote } from "../errors.ts";
import type { Address, Block, HostBlock } from "./address.ts";
import { innerAddress, isIn, parseAddress, parseBlock, printAddress, whyNotPublic } from "./address.ts";

/** A rule: names of hosts, or addresses, and one port or all. */
export interface Rule {
  /** As the caller wrote it. */
  readonly text: string;
  /** `example.org`; `.example.org` for every name beneath; `""` for every name. */
  readonly name?: string;
  readonly block?: Block;
  readonly port?: number;
}

/** What is allowed, and what of that is denied. */
export interface Rules {
  readonly allow: readonly Rule[];
  readonly deny: readonly Rule[];
}

/** What a program wants to connect to. */
export interface Target {
  /** A name, or an address in its usual form. */
  readonly host: string;
  readonly port: number;
}

/** Why a target is denied, and what would allow it. */
export interface Refusal {
  readonly why: string;
  /** The rule that would allow it; undefined where a rule denies it. */
  readonly add: string | undefined;
}

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** What libraries read as an address of IPv4 in some other form: decimal, octal, hexadecimal, or shortened. */
const numeric = /^(?:\d+|0x[0-9a-f]*)$/;

/** A name as names are compared: lower case, without the last dot. Undefined where it is none. */
export function toName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, "");
  const labels = name.split(".");
  if (name.length > 253 || !labels.every((one) => label.test(one))) return undefined;
  return numeric.test(labels.at(-1) ?? "") ? undefined : name;
}

const splitPort = /^(?<host>\[[^\]]*\](?:\/\d+)?|[^:]*|[^[\]]*:[^[\]]*:[^[\]]*)(?::(?<port>\d{1,5}))?$/;

/** Reads `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`; undefined where it is none. */
function split(text: string): { readonly host: string; readonly port?: number } | undefined {
  const groups = splitPort.exec(text)?.groups;
  const host = groups?.host?.replace(/^\[([^\]]*)\]/, "$1");
  const port = groups?.port === undefined ? undefined : Number(groups.port);
  if (host === undefined || (port !== undefined && (port < 1 || port > 65535))) return undefined;
  return port === undefined ? { host } : { host, port };
}

/**
 * Reads a rule: `example.org`, `*.example.org` (names beneath, not the name itself), `*` (every name), an address,
 * `10.0.0.0/8`; each with `:PORT`, where an address of IPv6 is in brackets.
 *
 * @throws {CofferError} E_USAGE
 */
export function parseRule(text: string, argument: string): Rule {
  const rule = readRule(text);
  if (typeof rule !== "string") return rule;
  throw new CofferError("E_USAGE", `${argument} ${quote(text)}: ${rule}`, { argument });
}

/** Whether a text is a rule. */
export const isRule = (text: string): boolean => typeof readRule(text) !== "string";

/** A rule, or why it is none. */
function readRule(text: string): Rule | string {
  const parts = split(text);
  if (/^[a-z]+:\/\//.test(text)) return "give the host and port of the URL alone, as in example.org:443";
  if (parts === undefined) return "not HOST or HOST:PORT, with a port from 1 to 65535";
  const { host, ...port } = parts;
  if (host === "*") return { text, name: "", ...port };
  const block = parseBlock(host);
  if (block !== undefined) return { text, block, ...port };
  const [base = "", length] = host.split("/");
  if (length !== undefined && parseAddress(base) === undefined) return "give HOST or HOST:PORT alone, without a path";
  if (length !== undefined) return "not a network: bits after the prefix must be zero";
  const name = toName(host.startsWith("*.") ? host.slice(2) : host);
  if (name === undefined) return "neither a name of a host (of ASCII letters) nor an address";
  return { text, name: host.startsWith("*.") ? `.${name}` : name, ...port };
}

/** Reads what a program wants to connect to: `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`. Undefined where it is none. */
export function parseTarget(text: string, usualPort: number): Target | undefined {
  const parts = split(text);
  if (parts === undefined) return undefined;
  const { host, port = usualPort } = parts;
  const address = parseAddress(host);
  const name = address === undefined ? toName(host) : printAddress(address);
  return name === undefined ? undefined : { host: name, port };
}

function hasName(rule: Rule, name: string): boolean {
  if (rule.name === undefined) return false;
  return rule.name === "" || rule.name === name || (rule.name.startsWith(".") && name.endsWith(rule.name));
}

function hasAddress({ block }: Rule, address: Address): boolean {
  return block !== undefined && (isIn(address, block) || isIn(innerAddress(address), block));
}

const hasPort = (rule: Rule, port: number): boolean => rule.port === undefined || rule.port === port;

/** A target as a rule is written. */
export function printTarget({ host, port }: Target): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function denied(rules: Rules, port: number, has: (rule: Rule) => boolean): Refusal | undefined {
  const rule = rules.deny.find((one) => hasPort(one, port) && has(one));
  return rule === undefined ? undefined : { why: `${rule.text} is denied`, add: undefined };
}

/** Judges an address that the target is, or that its name leads to. `named`: a rule allows the name. `hosts`: what the host has. */
function judgeAddress(
  rules: Rules,
  address: Address,
  target: Target,
  named: boolean,
  hosts: readonly HostBlock[] = [],
): Refusal | undefined {
  const { port } = target;
  const refusal = denied(rules, port, (rule) => hasAddress(rule, address));
  if (refusal !== undefined) return refusal;
  if (rules.allow.some((rule) => hasPort(rule, port) && hasAddress(rule, address))) return undefined;
  const near = hosts.find((block) => isIn(address, block) || isIn(innerAddress(address), block));
  const own = whyNotPublic(address) ?? (near && (near.isLink ? "the host's link" : "the host itself"));
  if (named && own === undefined) return undefined;
  return { why: own === undefined ? "not allowed" : `an address of ${own}`, add: printTarget(target) };
}

/**
 * Judges what a program asks for, before anything is looked up.
 *
 * @returns why it is denied; undefined where it is allowed, as far as its addresses are too
 */
export function judgeTarget(rules: Rules, target: Target): Refusal | undefined {
  const address = parseAddress(target.host);
  if (address !== undefined) return judgeAddress(rules, address, target, false);
  const name = toName(target.host);
  if (name === undefined) return { why: "neither a name of a host nor an address", add: undefined };
  const refusal = denied(rules, target.port, (rule) => hasName(rule, name));
  if (refusal !== undefined) return refusal;
  const isAllowed = rules.allow.some((rule) => hasPort(rule, target.port) && hasName(rule, name));
  return isAllowed ? undefined : { why: "not allowed", add: printTarget({ host: name, port: target.port }) };
}

/**
 * Judges an address that an allowed name leads to: a name may lead anywhere, today or in a second. An address of a private
 * network, of the host or of a link needs a rule of its own.
 *
 * @param hosts addresses of the host and of its links, which may be public ones
 */
export function judgeResolved(
  rules: Rules,
  address: Address,
  { port }: Target,
  hosts: readonly HostBlock[],
): Refusal | undefined {
  return judgeAddress(rules, address, { host: printAddress(address), port }, true, hosts);
}

/** Whether everything that a rule names is named by another. */
export function isCovered(rule: Rule, by: Rule): boolean {
  if (by.port !== undefined && by.port !== rule.port) return false;
  if (rule.block !== undefined)
    return by.block !== undefined && by.block.bits <= rule.block.bits && isIn(rule.block.address, by.block);
  if (rule.name === undefined || by.name === undefined) return false;
  return rule.name === by.name || by.name === "" || (by.name.startsWith(".") && rule.name.endsWith(by.name));
}
