// Words for unix sockets of the host: paths, and names of services, whose sockets are elsewhere in each session. Pure.

/** The caller's variables. */
export type Env = Readonly<Record<string, string | undefined>>;

/** `unix:path=/run/x,guid=7`, as D-Bus has addresses. The first that is a path counts. */
const busPath = (address: string | undefined): string | undefined =>
  /(?:^|;)unix:path=([^,;]+)/.exec(address ?? "")?.[1];
const inSession = ({ XDG_RUNTIME_DIR: dir }: Env, name: string): string | undefined =>
  dir?.startsWith("/") ? `${dir}/${name}` : undefined;

/** Where the socket of each service is. */
const services = {
  docker: ({ DOCKER_HOST: host }) => (host === undefined ? "/run/docker.sock" : /^unix:\/\/(\/.+)$/.exec(host)?.[1]),
  "session-bus": (env) =>
    env.DBUS_SESSION_BUS_ADDRESS === undefined ? inSession(env, "bus") : busPath(env.DBUS_SESSION_BUS_ADDRESS),
  "ssh-agent": (env) => env.SSH_AUTH_SOCK,
  "system-bus": ({ DBUS_SYSTEM_BUS_ADDRESS: address }) =>
    address === undefined ? "/run/dbus/system_bus_socket" : busPath(address),
  wayland: (env) => {
    const display = env.WAYLAND_DISPLAY ?? "";
    return display.startsWith("/") ? display : display === "" ? undefined : inSession(env, display);
  },
  x11: ({ DISPLAY: display = "" }) => {
    const [, screen] = /^:(\d+)(?:\.\d+)?$/.exec(display) ?? [];
    return screen === undefined ? undefined : `/tmp/.X11-unix/X${screen}`;
  },
} as const satisfies Readonly<Record<string, (env: Env) => string | undefined>>;

/** A service that is known by its name. */
export type ServiceName = keyof typeof services;

export const serviceNames = Object.keys(services);

/** Whether a word is the name of a service. A file of that name is written `./NAME`. */
export const isService = (word: string): word is ServiceName => Object.hasOwn(services, word);

/** A sandbox has a link at /var/run, as most hosts have: what is mounted there is in /run. */
export const atRun = (path: string): string => path.replace(/^\/var\/run(?=\/)/, "/run");

/** The path of a service's socket; undefined where the caller's variables name none. */
export function servicePath(name: ServiceName, env: Env): string | undefined {
  const path = services[name](env);
  return path?.startsWith("/") ? atRun(path) : undefined;
}

/** Makes the path of a word absolute, and leaves a name. */
export const socketWord = (word: string, toPath: (word: string) => string): string =>
  isService(word) ? word : toPath(word);

/** The variable of a service that programs need although the caller may not have it. */
const needed: Readonly<Partial<Record<ServiceName, readonly [name: string, prefix: string]>>> = {
  "session-bus": ["DBUS_SESSION_BUS_ADDRESS", "unix:path="],
};

/** What a variable has to be inside so that it names a socket; undefined if it names another, or none. */
function namesIt(env: Env, name: string, path: string): string | undefined {
  const value = env[name] ?? "";
  const said = value.replace("/var/run/", "/run/");
  if ([path, `unix://${path}`, `unix:${path}`, `unix:path=${path}`].includes(said)) return value;
  // gpg-agent and D-Bus say more behind the path.
  if (said.startsWith(`${path}:`) || said.startsWith(`unix:path=${path},`)) return value;
  if (name === "WAYLAND_DISPLAY") return servicePath("wayland", env) === path ? path : undefined;
  return name === "DISPLAY" && servicePath("x11", env) === path ? value : undefined;
}

/** The caller's variables that name sockets, as a sandbox has them. */
export function socketVariables(env: Env, paths: readonly string[]): Readonly<Record<string, string>> {
  if (paths.length === 0) return {};
  const named = Object.keys(env).flatMap((name) =>
    paths.flatMap((path) => {
      const value = namesIt(env, name, path);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  const more = Object.entries(needed).flatMap(([service, [name, prefix]]) => {
    const path = isService(service) ? servicePath(service, env) : undefined;
    return path !== undefined && paths.includes(path) ? [[name, `${prefix}${path}`] as const] : [];
  });
  return Object.fromEntries([...more, ...named]);
}
