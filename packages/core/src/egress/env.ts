// How programs find the proxy: there is no one variable that all of them read.

/** The port of the sandbox's own loopback interface. Nobody's default, and below the ports that the kernel gives out itself. */
export const proxyPort = 31_280;

/** Without `nc` or the like inside: bash opens the connection, asks for the target, and passes bytes on. */
const bashConnect = [
  `exec 3<>/dev/tcp/127.0.0.1/${proxyPort}`,
  `printf "CONNECT %s:%s HTTP/1.1\\r\\n\\r\\n" "$1" "$2" >&3`,
  `read -r _ code _ <&3`,
  `while read -r line <&3 && [ "$line" != $'\\r' ]; do :; done`,
  `[ "$code" = 200 ] || { echo "coffer: $1:$2 is denied" >&2; exit 1; }`,
  `cat <&3 & cat >&3`,
].join("; ");

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Variables for the usual programs, in both spellings. */
export function proxyEnv(): Readonly<Record<string, string>> {
  const http = `http://127.0.0.1:${proxyPort}`;
  const socks = `socks5h://127.0.0.1:${proxyPort}`;
  const own = "localhost,127.0.0.1,::1";
  const java = [
    ...["http", "https"].map((kind) => `-D${kind}.proxyHost=127.0.0.1 -D${kind}.proxyPort=${proxyPort}`),
    // Maven's own client ignores these properties by default: the first switch is for Maven 3.9, the second for Maven 4.
    "-Daether.connector.http.useSystemProperties=true",
    "-Daether.transport.apache.useSystemProperties=true",
  ];
  // ssh(1) reads `%%` as a percent sign.
  const script = bashConnect.replaceAll("%", "%%");
  const ssh = `ssh -o ProxyCommand=${quote(`bash -c ${quote(script)} - %h %p`)}`;
  return {
    HTTP_PROXY: http,
    HTTPS_PROXY: http,
    ALL_PROXY: socks,
    NO_PROXY: own,
    http_proxy: http,
    https_proxy: http,
    all_proxy: socks,
    no_proxy: own,
    NODE_USE_ENV_PROXY: "1",
    // Yarn 4 asks through this one alone, and then also for a name of NO_PROXY.
    YARN_HTTPS_PROXY: http,
    GIT_SSH_COMMAND: ssh,
    JAVA_TOOL_OPTIONS: java.join(" "),
  };
}
