// The network of a sandbox: none, but for a proxy that we are, and for ports of the host that are named.
import { proxyEnv, proxyPort } from "../../egress/env.ts";
import type { Rules } from "../../egress/rules.ts";
import { parseRule } from "../../egress/rules.ts";
import type { Secret } from "../../egress/secrets.ts";
import { holdSecrets, hostsOf } from "../../egress/secrets.ts";
import { readUpstream } from "../../egress/upstream.ts";
import { CofferError } from "../../errors.ts";
import type { Egress } from "../../exposure/index.ts";
import type { Listener, UserNetwork } from "../../plan/index.ts";
import type { Answers, Network } from "../../system/port.ts";
import { lacksNode } from "../lacks-node.ts";
import type { Runtime } from "../runtime.ts";
import type { Access } from "./access.ts";
import { makeAccess } from "./access.ts";
import { inTurn } from "./names.ts";
import { ownAddresses } from "./own.ts";
import type { Published } from "./publish.ts";
import { openPublished, parsePublished } from "./publish.ts";
import { serveSecrets } from "./secrets.ts";
import type { Egress as Serving } from "./serve.ts";
import { servePort, serveProxy } from "./serve.ts";
import { prepareUserNetwork } from "./user-network.ts";

/** What a sandbox may reach. */
export interface SandboxNetwork {
  /**
   * `none`: nothing is reached. `proxy`: hosts are reached through a proxy, by names. `user`: a network of its own (pasta(1)), for any program, in which addresses
   * alone are allowed and denied. Default `proxy`.
   */
  readonly mode?: "none" | "proxy" | "user" | undefined;
  /** Hosts: `example.org`, `*.example.org`, `*`, an address or `10.0.0.0/8`, each with `:PORT` or for all ports. */
  readonly allow?: readonly string[] | undefined;
  /** Hosts that are denied although they are allowed. */
  readonly deny?: readonly string[] | undefined;
  /** Ports of the host's loopback interface that are on the sandbox's own as well. */
  readonly hostPorts?: readonly number[] | undefined;
  /** Ports of the sandbox that the host has: `[ADDRESS:][HOSTPORT:]PORT`, at 127.0.0.1 unless an address is given. */
  readonly publish?: readonly string[] | undefined;
}

/** What a launch needs for it. */
export interface PreparedNetwork {
  readonly listeners: readonly Listener[];
  readonly env: Readonly<Record<string, string>>;
  readonly answers: Answers | undefined;
  /** Files of the sandbox, by their paths. */
  readonly files: Readonly<Record<string, string>>;
  readonly egress: Egress;
  /** What may be reached now; undefined without a proxy. */
  readonly access: Access | undefined;
  /** Undefined without one. */
  readonly user?: UserNetwork;
  /** Has the host listen for the sandbox. Undefined where it has nothing for the host. */
  readonly publish: (() => Promise<Published>) | undefined;
}

const resolvConf = "/etc/resolv.conf";
const proxyName = "proxy";

/** Who gets news of connections, and who is asked. */
export interface NetworkWatch extends Pick<Serving, "onDenied" | "onConnected" | "onFailed" | "ask"> {
  /** There is a proxy although nothing is allowed yet. */
  readonly opens?: boolean;
  /** What the proxy puts into requests to their hosts. */
  readonly secrets?: readonly Secret[];
}

/**
 * What may be reached.
 *
 * @throws {CofferError} E_USAGE
 */
export function readRules({ allow = [], deny = [] }: SandboxNetwork): Rules {
  return {
    allow: allow.map((text) => parseRule(text, "allow")),
    deny: deny.map((text) => parseRule(text, "deny")),
  };
}

function checkPorts(ports: readonly number[]): void {
  const refuse = (port: number, why: string): never => {
    throw new CofferError("E_USAGE", `host port ${port}: ${why}`, { argument: "host-port" });
  };
  for (const port of ports) {
    if (!Number.isInteger(port) || port < 1 || port > 65535) refuse(port, "must be from 1 to 65535");
    if (port === proxyPort) refuse(port, "the sandbox's proxy has it");
  }
  const twice = ports.find((port, at) => ports.indexOf(port) !== at);
  if (twice !== undefined) refuse(twice, "named twice");
}

function requireNetwork({ system }: Runtime): Network {
  if (system.network !== undefined) return system.network;
  system.handOver?.();
  throw lacksNode("the network of a sandbox");
}

/** Prepares a network of the sandbox's own. Ports of the host and for the host are as they are without it. */
function prepareUser(runtime: Runtime, asked: SandboxNetwork, { ask, secrets = [] }: NetworkWatch): PreparedNetwork {
  if (secrets.length > 0 || ask !== undefined) {
    const argument = secrets.length > 0 ? "secret" : "ask";
    const message = `${argument} needs the proxy, which a user-mode network has not`;
    throw new CofferError("E_USAGE", message, { argument });
  }
  const { allow, network, resolv } = prepareUserNetwork(runtime.system, readRules(asked));
  const { hostPorts, publish } = asked;
  const base = prepareProxy(runtime, { hostPorts, publish }, { onDenied: () => {} });
  return {
    listeners: [],
    env: {},
    answers: undefined,
    access: undefined,
    publish: undefined,
    ...base,
    user: network,
    files: { [resolvConf]: resolv },
    egress: { hostPorts: [], publishes: false, ...base?.egress, allow },
  };
}

/**
 * Without a network nothing is reached, and nothing can be asked for.
 *
 * @throws {CofferError} E_USAGE
 */
function refuseReach({ allow = [], hostPorts = [], publish = [] }: SandboxNetwork, secrets: readonly Secret[]): void {
  const asked = { allow, "host-port": hostPorts, publish, secret: secrets };
  const [argument] = Object.entries(asked).find(([, list]) => list.length > 0) ?? [];
  if (argument === undefined) return;
  const hint = `leave ${argument} out, or choose another mode than none`;
  throw new CofferError(
    "E_USAGE",
    `${argument} needs a network, and the sandbox is to have none`,
    { argument },
    { hint },
  );
}

/**
 * Prepares what a sandbox may reach. Undefined where that is nothing.
 *
 * @throws {CofferError} E_USAGE, E_HOST_UNSUPPORTED
 */
export function prepareNetwork(
  runtime: Runtime,
  asked: SandboxNetwork,
  watch: NetworkWatch,
): PreparedNetwork | undefined {
  if (asked.mode === "none") return void refuseReach(asked, watch.secrets ?? []);
  return asked.mode === "user" ? prepareUser(runtime, asked, watch) : prepareProxy(runtime, asked, watch);
}

function prepareProxy(
  runtime: Runtime,
  asked: SandboxNetwork,
  { opens = false, secrets: given = [], ...watch }: NetworkWatch,
): PreparedNetwork | undefined {
  const held = holdSecrets(given, runtime.system.randomId);
  const rules = readRules({ ...asked, allow: [...(asked.allow ?? []), ...hostsOf(held)] });
  const ports = asked.hostPorts ?? [];
  checkPorts(ports);
  const published = (asked.publish ?? []).map(parsePublished);
  const hasProxy = rules.allow.length > 0 || opens;
  if (!hasProxy && ports.length === 0 && published.length === 0) return undefined;
  const network = requireNetwork(runtime);
  const byName = new Map([
    ...(hasProxy ? [[proxyName, proxyPort] as const] : []),
    ...ports.map((port) => [`${port}`, port] as const),
  ]);
  const upstream = hasProxy ? readUpstream(runtime.system.caller.env) : undefined;
  const access = makeAccess(rules);
  const secrets = held.length === 0 ? undefined : serveSecrets(runtime, network, held);
  const own = () => ownAddresses(runtime.system);
  const serving: Serving = {
    ...watch,
    network,
    access,
    own,
    lookUp: inTurn(network),
    upstream,
    secrets: secrets?.find,
  };
  const answer: Answers["answer"] = (name, connection) => {
    void (name === proxyName ? serveProxy(serving, connection) : servePort(network, Number(name), connection));
  };
  return {
    listeners: [...byName].map(([name, port]) => ({ port, message: network.nameMessage(name, "listener") })),
    env: { ...(hasProxy ? proxyEnv() : {}), ...secrets?.env },
    files: secrets?.files ?? {},
    answers: byName.size === 0 ? undefined : { input: "listeners", names: [...byName.keys()], answer },
    egress: { allow: rules.allow, hostPorts: ports, publishes: published.length > 0, secrets: hostsOf(held) },
    access: hasProxy ? access : undefined,
    publish: () => openPublished(runtime, network, published),
  };
}
