// Well-known places of secrets: no sandbox sees them unless they are named.
import { CofferError } from "../../errors.ts";
import { joinPath, withParents } from "../../paths.ts";
import { describeErrno } from "../../system/errno.ts";
import { readOr, SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import type { Glance } from "./kept/glance.ts";
import { makeGlance } from "./kept/glance.ts";
import { ownPlaces } from "./own/places.ts";
import { askingOnce, findPath } from "./real-path.ts";

const listed = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Beneath the caller's home directory. */
const ofHome = listed(`
  .ssh .gnupg .password-store .netrc .authinfo .git-credentials .config/git/credentials
  .aws .azure .oci .config/gcloud .config/doctl .config/rclone .config/heroku .config/fly .fly .s3cfg .boto .terraform.d
  .vault-token .config/op .config/sops .config/age .1password .bitwarden
  .docker .dockercfg .kube .config/containers .config/helm .minikube
  .config/gh .config/hub .config/glab-cli .config/github-copilot
  .npmrc .yarnrc .yarnrc.yml .config/pnpm/rc .pypirc .config/pypoetry .cargo/credentials .cargo/credentials.toml .gem/credentials
  .m2/settings.xml .m2/settings-security.xml .gradle/gradle.properties .nuget/NuGet .composer/auth.json
  .pgpass .my.cnf .mylogin.cnf .config/psql
  .mozilla .thunderbird .config/google-chrome .config/chromium .config/BraveSoftware .config/microsoft-edge .config/vivaldi
  .config/Slack .config/discord .config/Signal .local/share/keyrings .local/share/kwalletd .pki
  .claude .claude.json .codex .gemini .cursor .config/anthropic .config/openai .config/Code .config/Cursor
  .bash_history .zsh_history .python_history .node_repl_history .psql_history .mysql_history .sqlite_history .local/share/fish
  .bitcoin .ethereum .electrum .config/solana
`);

/** Of the host. */
const ofHost = listed(`
  /etc/shadow /etc/gshadow /etc/ssh /etc/ssl/private /etc/krb5.keytab /etc/kubernetes /etc/sudoers /etc/sudoers.d
  /run/docker.sock /run/containerd /run/crio /run/podman /run/buildkit /run/dbus /run/systemd /run/secrets /run/user
  /run/coffer /run/libvirt /run/snapd.socket /tmp/.X11-unix /tmp/.ICE-unix
  /var/lib/docker /var/lib/containerd /var/lib/containers /var/lib/kubelet /var/lib/etcd /var/lib/lxd /var/lib/incus
  /root/.ssh /root/.gnupg /root/.aws /root/.kube /root/.docker
`);

/** Variables that name a socket of an agent. */
const sockets = ["SSH_AUTH_SOCK", "GPG_AGENT_INFO", "DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY", "XAUTHORITY"];

/** The home directory that a word is, if it is one. */
export const homeOf = (path: string | undefined): readonly string[] =>
  path?.startsWith("/") && path !== "/" ? [joinPath("/", path)] : [];

/**
 * The caller's home directories, as passwd(5) has them. A host may have no such file. Where one cannot be read, nobody knows what is to
 * be hidden.
 *
 * @throws {CofferError} E_IO
 */
export function passwdHomes({ caller, readLines }: System): readonly string[] {
  const own = `:${caller.uid}:`;
  const read = (): readonly string[] => [...readLines("/etc/passwd")].filter((line) => line.includes(own));
  let found: readonly string[];
  try {
    found = readOr([], read, "ENOENT");
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const message = `cannot read "/etc/passwd", which has your home directories: ${describeErrno(error.errno)}`;
    const hint = "make it readable: what is secret in these directories could not be hidden";
    throw new CofferError("E_IO", message, { path: error.path, errnoName: error.errno }, { hint, cause: error });
  }
  return found.flatMap((line) => {
    const [, , uid, , , home] = line.split(":");
    return `:${uid}:` === own ? homeOf(home) : [];
  });
}

/** The caller's home directories: the one of the environment, and the one of passwd(5). */
export const homesOf = (system: System, own: readonly string[] = passwdHomes(system)): readonly string[] => [
  ...new Set([...homeOf(system.caller.env.HOME), ...own]),
];

/** The places, whether they are there or not: absolute and clean. */
export function secretPlaces(system: System, homes: readonly string[] = homesOf(system)): readonly string[] {
  const { env } = system.caller;
  const named = sockets.flatMap((name) => {
    const value = env[name]?.replace(/^unix:path=([^,;]*).*$/, "$1");
    return value?.startsWith("/") ? [joinPath("/", value)] : [];
  });
  const known = homes.flatMap((home) => ofHome.map((name) => `${home}/${name}`));
  return [...new Set([...known, ...ofHost, ...named, ...ownPlaces(system, homes)])];
}

/** Where the places are that there are: without links. */
export function secretsThere(
  system: System,
  places: readonly string[],
  mayBe: Glance = makeGlance(system, homesOf(system)),
): readonly string[] {
  const possible = places.filter(mayBe);
  const kinds = system.kindsOf(possible);
  const there = possible.filter((_, index) => kinds[index] !== undefined);
  const asked = askingOnce(system, there);
  return [...new Set(there.flatMap((path) => findPath(asked, path)?.path ?? []))];
}

/**
 * Names of files with variables of a project, of which most hold keys: `.env`, `.env.local`; not `.env.example`. In either case:
 * where a directory takes `.ENV` for the same name, programs open it as `.env`.
 */
export const isEnvFile = (name: string): boolean =>
  /^\.env(?:\..+)?$/i.test(name) && !/\.(?:example|sample|template|dist|defaults?|schema)$/i.test(name);

/** Names that private keys have. */
export const isKeyFile = (name: string): boolean =>
  /^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$|\.(?:pem|key|p12|pfx|jks|kdbx|ppk)$/i.test(name);

/** Places as they are looked up: of each list once. */
const setsOf = new WeakMap<readonly string[], ReadonlySet<string>>();

function setOf(places: readonly string[]): ReadonlySet<string> {
  const known = setsOf.get(places) ?? new Set(places);
  setsOf.set(places, known);
  return known;
}

/** The secret place that a path is, or is in: both are clean. */
export function secretAt(places: readonly string[], path: string): string | undefined {
  const known = setOf(places);
  return withParents(path).find((one) => known.has(one));
}
