// A sandbox with a network of its own, which a program of the host makes: pasta(1).
import { parseAddress, parseBlock } from "../../egress/address.ts";
import type { Rule, Rules } from "../../egress/rules.ts";
import { userRows } from "../../egress/user-rules.ts";
import { CofferError, quote } from "../../errors.ts";
import type { UserNetwork } from "../../plan/index.ts";
import { optional } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { whyUntrusted } from "../../system/trust.ts";
import { ownAddresses } from "./own.ts";

const fileLimit = 1 << 20;
/** What is allowed where nobody says. */
const publicRule: Rule = { text: "*", name: "" };
/** Where distributions put it. PATH may be a project's. */
const programDirs = ["/usr/bin", "/usr/local/bin", "/bin"];
/** What the sandbox has, whatever the host has. */
const address = { own: "10.0.2.15", gateway: "10.0.2.2", resolver: "10.0.2.3" };

/** It listens nowhere, and answers nothing by itself. Descriptors 0 and 1 are as the op `start-network` says. */
const fixedWords =
  "pasta --foreground --quiet --config-net -4 --netns-only --no-netns-quit --netns /proc/self/fd/0 -P /proc/self/fd/1 " +
  "-t none -u none -T none -U none --no-map-gw --map-guest-addr none --no-splice --no-icmp --no-dhcp --no-dhcpv6 --no-ndp --no-ra " +
  `-I eth0 -a ${address.own} -n 24 -g ${address.gateway} -S none`;

/** Where pasta(1) is, which nobody but root or the caller could have written, or why it is not used. */
function findPasta(system: System): { readonly path?: string; readonly found: string } {
  for (const dir of programDirs) {
    const path = `${dir}/pasta`;
    const stat = system.findStat(path);
    if (stat?.kind !== "file") continue;
    const why = whyUntrusted(system, stat) ?? whyUntrusted(system, system.stat(dir));
    return why === undefined ? { path, found: "" } : { found: `${quote(path)} is not used: ${why}` };
  }
  return { found: `it is in none of ${programDirs.join(", ")}` };
}

/** What `doctor` tells of it. Inside, pasta is nobody of the host where its caller is root. */
export function probePasta(system: System): { readonly path: string; readonly tun: boolean } | undefined {
  const { path } = findPasta(system);
  const mode = system.findStat("/dev/net/tun")?.mode ?? 0;
  const tun = system.caller.uid === 0 ? (mode & 0o006) === 0o006 : system.canAccess("/dev/net/tun", "write");
  return path === undefined ? undefined : { path, tun };
}

/** What of resolv.conf(5) counts: the first server of IPv4, and how names are completed. */
function readResolv(system: System): { readonly server: string | undefined; readonly text: string } {
  let server: string | undefined;
  let text = "";
  for (const line of (optional(() => system.readText("/etc/resolv.conf", fileLimit)) ?? "").split("\n")) {
    const [key = "", word = ""] = line.trim().split(/\s+/);
    if (key === "nameserver" && parseAddress(word)?.length === 4) server ??= word;
    if (key === "search" || key === "domain" || key === "options") text += `${line}\n`;
  }
  return { server, text: server === undefined ? text : `nameserver ${address.resolver}\n${text}` };
}

/**
 * What it may reach: without a list whatever is public, and no address that the host has.
 *
 * @throws {CofferError} E_USAGE
 */
export function userNetworkRules(system: System, asked: Rules) {
  const rules = asked.allow.length > 0 ? asked : { ...asked, allow: [publicRule] };
  const { server, text } = readResolv(system);
  const resolver = server === undefined ? undefined : parseBlock(address.resolver);
  const own = ownAddresses(system).filter((block) => block.address.length === 4);
  return { allow: rules.allow, server, resolv: text, rows: userRows(rules, resolver, own) };
}

/**
 * Prepares a user-mode network, with its resolv.conf(5). Nothing of the host's loopback interface is in it, and no port of the host is
 * the sandbox's. Names are asked of the host's first resolver, under an address of the sandbox's own.
 *
 * @throws {CofferError} E_USAGE, E_HOST_UNSUPPORTED
 */
export function prepareUserNetwork(system: System, asked: Rules) {
  const { allow, server, resolv, rows } = userNetworkRules(system, asked);
  const { path, found } = findPasta(system);
  if (path === undefined) {
    const hint = "install it (apt install passt, dnf install passt), or leave --net user out";
    const message = `a user-mode network needs pasta: ${found}`;
    throw new CofferError("E_HOST_UNSUPPORTED", message, { needs: "pasta", found }, { hint });
  }
  const dns = server === undefined ? "-D none" : `--dns-forward ${address.resolver} --dns-host ${server}`;
  const network: UserNetwork = { program: path, args: `${fixedWords} ${dns}`.split(" "), rules: rows };
  return { allow, network, resolv };
}
