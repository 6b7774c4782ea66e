// The end of a TLS connection of a sandbox, for one host: each request is made again to that host, with the secret in its fields.
// Node's own parsers read what the sandbox and the host say.
import type { Authority, Duplex, Interception } from "../../port.ts";
import { hypertext, secureSockets } from "../builtins.ts";
import type { Credentials } from "./authority.ts";
import { makeCertificateAuthority } from "./authority.ts";
import { forward, maxFields, silenceMs } from "./forward.ts";

/** Connections of one sandbox to the hosts of its secrets at a time: each has one more to the host. */
const mostConnections = 64;
/** Requests that may wait for the one before them on their connection. apt(8) sends ten. */
const mostWaiting = 16;

/** An authority for some hosts, which makes a certificate when a host is first connected to. */
export function makeAuthority(hosts: readonly string[]): Authority {
  const authority = makeCertificateAuthority(hosts);
  const issued = new Map<string, Credentials>();
  const open = new Set<Duplex>();
  return {
    certificate: authority.certificate,
    serve: (client, told) => {
      if (open.size >= mostConnections) return void client.destroy();
      open.add(client);
      client.once("close", () => void open.delete(client));
      const credentials = issued.get(told.host) ?? authority.issue(told.host);
      issued.set(told.host, credentials);
      intercept(credentials, client, told);
    },
  };
}

/** Speaks TLS with the sandbox as the host, and passes its requests on, one after the other. */
function intercept(credentials: Credentials, client: Duplex, told: Interception): void {
  const { createServer } = hypertext();
  let waiting = 0;
  let turn = Promise.resolve();
  const server = createServer({ maxHeaderSize: maxFields, keepAliveTimeout: silenceMs }, (request, response) => {
    if (waiting === mostWaiting) return void client.destroy();
    waiting++;
    turn = turn
      .then(() => forward(told, request, response))
      .catch(() => void client.destroy())
      .finally(() => void waiting--);
  });
  const isHost = (name: string): boolean => name.toLowerCase() === told.host;
  const tls = new (secureSockets().TLSSocket)(client, {
    isServer: true,
    secureContext: secureSockets().createSecureContext(credentials),
    ALPNProtocols: ["http/1.1"],
    SNICallback: (name, settle) => settle(isHost(name) ? null : new Error("another host")),
  });
  tls.on("error", () => client.destroy());
  tls.once("close", () => void client.destroy());
  client.once("close", () => void tls.destroy());
  server.on("clientError", (_error, socket) => void socket.destroy());
  // What a program begins to say, and does not end, has a deadline as well: Node's own is only for servers that listen.
  server.setTimeout(silenceMs, (socket) => void socket.destroy());
  server.emit("connection", tls);
}
