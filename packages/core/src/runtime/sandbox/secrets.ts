// Well-known places of secrets: no sandbox sees them unless they are named.
import { CofferError } from "../../errors.ts";
import { isBeneath, joinPath, withParents } from "../../paths.ts";
import { describeErrno } from "../../system/errno.ts";
import { optional, readOr, SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { toAbsolute } from "../../system/working-directory.ts";
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
  .m2/settings.xml .m2/settings-security.xml .gradle/gradle.properties .nuget/NuGet .composer/auth.json .config/composer/auth.json .config/pip .pip .config/uv .local/share/uv/credentials .config/nix/nix.conf
  .bunfig.toml .condarc .terraformrc .pulumi/credentials.json .kaggle .huggingface .cache/huggingface/token .config/ngrok
  .config/stripe .config/netlify .config/hcloud .config/scw .config/argocd .databrickscfg .wrangler .config/.wrangler
  .pgpass .my.cnf .mylogin.cnf .config/psql
  snap .var/app .mozilla .thunderbird .config/google-chrome .config/chromium .config/BraveSoftware .config/microsoft-edge .config/vivaldi
  .config/Slack .config/discord .config/Signal .local/share/keyrings .local/share/kwalletd .pki .keybase .config/keybase
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

/** Variables that name files or directories with keys, wherever these are: one, or a list with colons. */
const keyVariables = listed(`
  AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_WEB_IDENTITY_TOKEN_FILE AZURE_CONFIG_DIR BOTO_CONFIG CLAUDE_CONFIG_DIR
  CLOUDSDK_CONFIG CODEX_HOME DOCKER_CONFIG GH_CONFIG_DIR GNUPGHOME GOOGLE_APPLICATION_CREDENTIALS KUBECONFIG NETRC
  NPM_CONFIG_GLOBALCONFIG NPM_CONFIG_USERCONFIG PASSWORD_STORE_DIR npm_config_globalconfig npm_config_userconfig
  PIP_CONFIG_FILE PGPASSFILE REGISTRY_AUTH_FILE SOPS_AGE_KEY_FILE TF_CLI_CONFIG_FILE UV_CONFIG_FILE
`);

/** Directories that variables name, and what has keys in them. */
const ofVariables: Readonly<Record<string, readonly string[]>> = {
  CARGO_HOME: ["credentials", "credentials.toml"],
  COMPOSER_HOME: ["auth.json"],
  GRADLE_USER_HOME: ["gradle.properties"],
  NPM_CONFIG_PREFIX: ["etc/npmrc"],
};

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

/** npm's settings of all users, those that count most first: they are beside its programs, in what is shown of a toolchain. */
export function npmSettings({ caller: { env } }: Pick<System, "caller">): readonly string[] {
  const named = ["npm_config_globalconfig", "NPM_CONFIG_GLOBALCONFIG"].flatMap((name) => env[name] ?? []);
  const bins = (env.PATH ?? "").split(":").filter((dir) => dir.endsWith("/bin"));
  const beside = bins.map((dir) => joinPath(dir.slice(0, -"/bin".length) || "/", "etc/npmrc"));
  return [...named, ...beside].filter((path) => path.startsWith("/"));
}

/** What the caller's variables name. A place around a home directory or the working directory is no place of keys. */
function placesOfVariables({ caller }: System, homes: readonly string[], cwd: string): readonly string[] {
  const { env } = caller;
  const named = (name: string): readonly string[] =>
    (env[name] ?? "").split(":").flatMap((word) => (word === "" ? [] : toAbsolute({ caller }, word)));
  const within = Object.entries(ofVariables).flatMap(([name, files]) =>
    named(name).flatMap((dir) => files.map((file) => joinPath(dir, file))),
  );
  const isWide = (path: string): boolean => [cwd, ...homes].some((one) => isBeneath(one, path));
  return [...keyVariables.flatMap(named), ...within, ...npmSettings({ caller })].filter((path) => !isWide(path));
}

/** The places for a sandbox in a working directory, whether they are there or not: absolute and clean. */
export function secretPlaces(
  system: System,
  cwd: string,
  homes: readonly string[] = homesOf(system),
): readonly string[] {
  const { env } = system.caller;
  const named = sockets.flatMap((name) => {
    const value = env[name]?.replace(/^unix:path=([^,;]*).*$/, "$1");
    return value?.startsWith("/") ? [joinPath("/", value)] : [];
  });
  const known = homes.flatMap((home) => ofHome.map((name) => `${home}/${name}`));
  return [
    ...new Set([...known, ...ofHost, ...named, ...placesOfVariables(system, homes, cwd), ...ownPlaces(system, homes)]),
  ];
}

/** Names of the host, and where they lead: without links. */
export type Named = ReadonlyMap<string, string>;

/** The places that there are. */
export function placesThere(
  system: System,
  places: readonly string[],
  mayBe: Glance = makeGlance(system, homesOf(system)),
): Named {
  const possible = places.filter(mayBe);
  const kinds = system.kindsOf(possible);
  // Whether a place is not there, or may not be looked up: that is noted where the answers are.
  for (const [index, path] of possible.entries())
    if (kinds[index] === undefined && !ofHost.includes(path)) optional(() => system.stat(path, { follow: false }));
  const there = possible.filter((_, index) => kinds[index] !== undefined);
  const asked = askingOnce(system, there);
  const ends = there.map((path) => [path, findPath(asked, path)?.path] as const);
  return new Map(ends.flatMap(([path, end]) => (end === undefined ? [] : [[path, end] as const])));
}

/** Where the places are that there are: without links. */
export const secretsThere = (system: System, places: readonly string[]): readonly string[] => [
  ...new Set(placesThere(system, places).values()),
];

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
