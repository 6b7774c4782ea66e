// The files of a sandbox's own /etc: they tell of the sandbox, and of nobody else on the host.
import { home } from "./places.ts";

/** The caller, as passwd(5) and group(5) name it. */
export interface Account {
  readonly name: string;
  readonly group: string;
  /** The login shell; absolute. */
  readonly shell: string;
}

/** What `etcFiles` is given. */
export interface EtcOptions {
  readonly uid: number;
  readonly gid: number;
  readonly hostname: string;
  readonly account?: Account | undefined;
  /** hosts(5) and resolv.conf(5) of the host, for a sandbox that has the host's network. */
  readonly network?: { readonly hosts?: string | undefined; readonly resolv?: string | undefined } | undefined;
}

const nobody = 65534;

/** A word that can be a field of passwd(5). */
const isField = (word: string): boolean => /^[^\s:,]+$/.test(word);

/** The account of the caller where nobody says: root is `root`, anyone else `user`. */
export function accountOf({ uid, gid, account }: EtcOptions): Account {
  const name = uid === 0 ? "root" : "user";
  const fallback = { name, group: gid === 0 ? "root" : name, shell: "/bin/sh" };
  const known = { ...fallback, ...account };
  return {
    name: isField(known.name) ? known.name : fallback.name,
    group: isField(known.group) ? known.group : fallback.group,
    shell: isField(known.shell) ? known.shell : fallback.shell,
  };
}

function passwd(options: EtcOptions): string {
  const { uid, gid } = options;
  const { name, shell } = accountOf(options);
  const own = `${name}:x:${uid}:${gid}:${name}:${home}:${shell}`;
  const root = uid === 0 ? [] : ["root:x:0:0:root:/root:/usr/sbin/nologin"];
  return `${[own, ...root, `nobody:x:${nobody}:${nobody}:nobody:/nonexistent:/usr/sbin/nologin`].join("\n")}\n`;
}

function group(options: EtcOptions): string {
  const { gid } = options;
  const own = `${accountOf(options).group}:x:${gid}:`;
  const root = gid === 0 ? [] : ["root:x:0:"];
  return `${[own, ...root, "tty:x:5:", `nogroup:x:${nobody}:`].join("\n")}\n`;
}

/** `localhost` is 127.0.0.1 alone: servers listen there, and a published port leads there (op `dial`). */
const hosts = (hostname: string): string => `127.0.0.1\tlocalhost ${hostname}\n::1\tip6-localhost ip6-loopback\n`;

/** Names are looked up in files, and by DNS where there is a network. */
const nsswitch = ["passwd", "group", "shadow", "protocols", "services", "networks", "ethers", "rpc"]
  .map((name) => `${name}: files\n`)
  .join("")
  .concat("hosts: files dns\n");

/**
 * The server of names of a sandbox without a network: an address of nobody (RFC 5737), to which no route leads. So a look-up fails at
 * once, and the kernel counts it. Without the file, programs ask a port of 127.0.0.1, which the kernel counts like any other.
 */
export const noServer = "192.0.2.53";
const noResolver = `# This sandbox has no network, but for what --allow names.\nnameserver ${noServer}\n`;

/** The files, path → content. */
export function etcFiles(options: EtcOptions): Readonly<Record<string, string>> {
  const { hostname, network } = options;
  return {
    "/etc/group": group(options),
    "/etc/hostname": `${hostname}\n`,
    "/etc/hosts": network?.hosts ?? hosts(hostname),
    "/etc/nsswitch.conf": nsswitch,
    "/etc/passwd": passwd(options),
    "/etc/resolv.conf": network?.resolv ?? noResolver,
  };
}
