// Tools that download: their files of settings, and which settings of these a sandbox has as well. What is not named here stays outside:
// keys and tokens, programs, proxies, and what trusts a server without a certificate.

/**
 * What a setting must be. `urls`: addresses without a user and without what looks like a token. `beside`: a word that means something with
 * these alone. `word`: any other.
 */
export const kinds = ["urls", "beside", "certificates", "word"] as const;
export type Kind = (typeof kinds)[number];

export interface Downloader {
  /** In the home directory, of the host and of a sandbox. */
  readonly file: string;
  /** Further files, which count less, in this order. Those of a home directory begin with `~/`. */
  readonly before?: readonly string[];
  /** Variables that name another file. */
  readonly variables?: readonly string[];
  /** What is between a name and a value. */
  readonly between: "=" | ": " | " ";
  /** Settings by their sections and names; `*` is any one word. */
  readonly settings: Readonly<Partial<Record<Kind, string>>>;
}

const ofNpm = {
  urls: "registry @*:registry",
  certificates: "cafile",
  word: `audit auto-install-peers before engine-strict fund ignore-scripts install-links legacy-peer-deps loglevel min-release-age
    minimum-release-age node-linker omit-lockfile-registry-resolved package-lock replace-registry-host save-exact save-prefix
    shamefully-hoist strict-peer-deps`,
};

export const downloaders: readonly Downloader[] = [
  {
    file: ".npmrc",
    before: ["/etc/npmrc"],
    variables: ["NPM_CONFIG_USERCONFIG", "npm_config_userconfig"],
    between: "=",
    settings: ofNpm,
  },
  { file: ".config/pnpm/rc", between: "=", settings: ofNpm },
  { file: ".yarnrc", between: " ", settings: { urls: ofNpm.urls, certificates: ofNpm.certificates } },
  {
    file: ".yarnrc.yml",
    between: ": ",
    settings: {
      urls: "npmRegistryServer",
      certificates: "httpsCaFilePath",
      word: "enableScripts enableTelemetry nodeLinker npmMinimalAgeGate",
    },
  },
  {
    file: ".bunfig.toml",
    between: "=",
    settings: {
      urls: "install.registry install.scopes.*",
      certificates: "install.cafile",
      word: "install.exact install.ignoreScripts install.minimumReleaseAge",
    },
  },
  {
    file: ".config/pip/pip.conf",
    before: ["/etc/xdg/pip/pip.conf", "/etc/pip.conf", "~/.pip/pip.conf"],
    variables: ["PIP_CONFIG_FILE"],
    between: "=",
    settings: {
      urls: "global.index-url global.extra-index-url install.index-url install.extra-index-url",
      certificates: "global.cert",
      word: `global.only-binary global.prefer-binary global.require-hashes global.require-virtualenv global.timeout
        install.only-binary install.prefer-binary install.require-hashes`,
    },
  },
  {
    file: ".config/uv/uv.toml",
    before: ["/etc/uv/uv.toml"],
    variables: ["UV_CONFIG_FILE"],
    between: "=",
    settings: {
      urls: "extra-index-url index index-url index.url pip.extra-index-url pip.index-url",
      beside: "index.default index.explicit index.name",
      word: "exclude-newer link-mode native-tls python-preference system-certs",
    },
  },
  {
    file: ".cargo/config.toml",
    before: ["~/.cargo/config"],
    between: "=",
    settings: {
      urls: "registries.*.index source.*.directory source.*.git source.*.local-registry source.*.registry",
      beside: "registries.crates-io.protocol registry.default source.*.replace-with",
      certificates: "http.cainfo",
      word: "net.git-fetch-with-cli",
    },
  },
  {
    file: ".config/go/env",
    variables: ["GOENV"],
    between: "=",
    settings: { urls: "GOPROXY", word: "GONOPROXY GONOSUMDB GOPRIVATE GOTOOLCHAIN" },
  },
];

/** Variables of the caller that say the same. */
export const variables: Readonly<Record<string, Kind>> = {
  BUN_CONFIG_REGISTRY: "urls",
  GONOPROXY: "word",
  GONOSUMDB: "word",
  GOPRIVATE: "word",
  GOPROXY: "urls",
  NPM_CONFIG_REGISTRY: "urls",
  PIP_EXTRA_INDEX_URL: "urls",
  PIP_INDEX_URL: "urls",
  UV_DEFAULT_INDEX: "urls",
  UV_EXTRA_INDEX_URL: "urls",
  UV_INDEX_URL: "urls",
  YARN_NPM_REGISTRY_SERVER: "urls",
  npm_config_registry: "urls",
  pnpm_config_registry: "urls",
};
