// Ports of a sandbox that the host reaches. Each connection is made in the sandbox's network namespace, when it comes.
import { parseAddress } from "../../egress/address.ts";
import { CofferError, quote } from "../../errors.ts";
import type { ProcessIdentity } from "../../plan/index.ts";
import { planDial } from "../../plan/index.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { Duplex, Network } from "../../system/port.ts";
import { makeImage } from "../launch/image.ts";
import { awaitDone, hostSetup, startLaunch } from "../launch/reports.ts";
import type { Runtime } from "../runtime.ts";
import type { Queue } from "./queue.ts";
import { makeQueue } from "./queue.ts";
import { join } from "./streams.ts";

/** As many connections to one port are made at once. Each has a process, which waits for 10 s where nobody takes it. */
const mostDials = 16;

/** A port of the sandbox's loopback interface, and where the host has it. */
export interface PublishedPort {
  readonly address: string;
  readonly hostPort: number;
  readonly port: number;
}

const form = /^(?:(?<address>\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:.]+\]):)?(?:(?<host>\d{1,5}):)?(?<port>\d{1,5})$/;

const whyNot = (arePorts: boolean): string => (arePorts ? "not an address" : "ports are 1 to 65535");

/**
 * Reads `[ADDRESS:][HOSTPORT:]PORT`. The address is 127.0.0.1 unless given, and both ports are the same.
 *
 * @throws {CofferError} E_USAGE
 */
export function parsePublished(text: string): PublishedPort {
  const groups = form.exec(text)?.groups;
  const port = Number(groups?.port);
  const hostPort = groups?.host === undefined ? port : Number(groups.host);
  const address = (groups?.address ?? "127.0.0.1").replace(/^\[(.*)\]$/, "$1");
  const isPort = (value: number): boolean => value >= 1 && value <= 65535;
  if (isPort(port) && isPort(hostPort) && parseAddress(address) !== undefined) return { address, hostPort, port };
  const reason = groups === undefined ? "not [ADDRESS:][HOSTPORT:]PORT" : whyNot(isPort(port) && isPort(hostPort));
  throw new CofferError("E_USAGE", `publish ${quote(text)}: ${reason}`, { argument: "publish" });
}

/** A connection to the port, made in the sandbox. */
async function dial(runtime: Runtime, network: Network, target: ProcessIdentity, port: number): Promise<Duplex> {
  const plan = planDial({ target, port, message: network.nameMessage("inside", "connection") });
  let take = (_connection: Duplex): void => {};
  const connection = new Promise<Duplex>((resolve) => {
    take = resolve;
  });
  const answers = { input: "connections", names: ["inside"], answer: (_name: string, one: Duplex) => take(one) };
  const launch = await startLaunch(runtime, makeImage(plan), {
    ...hostSetup([]),
    stdio: ["ignore", "ignore", "ignore"],
    answers,
  });
  await awaitDone(runtime, launch, plan);
  return connection;
}

async function answer(
  runtime: Runtime,
  network: Network,
  { port, target, queue }: { readonly port: number; readonly target: Promise<ProcessIdentity>; readonly queue: Queue },
  outside: Duplex,
): Promise<void> {
  try {
    const process = await target;
    join(outside, await queue(outside, () => dial(runtime, network, process, port)));
  } catch {
    // As where nobody listens.
    outside.destroy();
  }
}

async function open(runtime: Runtime, network: Network, one: PublishedPort, target: Promise<ProcessIdentity>) {
  const queue = makeQueue(mostDials);
  try {
    return await network.listen(one.address, one.hostPort, (outside) => {
      void answer(runtime, network, { port: one.port, target, queue }, outside);
    });
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const message = `cannot publish port ${one.hostPort} of ${one.address}: ${describeErrno(error.errno)}`;
    const hint =
      error.errno === "EADDRINUSE" ? "publish it at another port: HOSTPORT:PORT" : "choose another address or port";
    throw new CofferError(
      "E_IO",
      message,
      { path: `${one.address}:${one.hostPort}`, errnoName: error.errno },
      { hint, cause: error },
    );
  }
}

/** Ports that the host has. */
export interface Published {
  /** Lets connections go on to the sandbox, which is there now. */
  begin(target: ProcessIdentity): void;
  /** Ends the ports and every connection. */
  close(): void;
}

/**
 * Listens on the host for all of the ports. Connections wait until the sandbox is there.
 *
 * @throws {CofferError} E_IO
 */
export async function openPublished(
  runtime: Runtime,
  network: Network,
  ports: readonly PublishedPort[],
): Promise<Published> {
  let begin = (_target: ProcessIdentity): void => {};
  const target = new Promise<ProcessIdentity>((resolve) => {
    begin = resolve;
  });
  const opened: { readonly close: () => void }[] = [];
  const close = (): void => {
    for (const one of opened) one.close();
  };
  try {
    for (const one of ports) opened.push(await open(runtime, network, one, target));
    return { begin, close };
  } catch (error) {
    close();
    throw error;
  }
}
