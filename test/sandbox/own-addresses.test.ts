// The host's own public addresses: what is sent to them stays on the host, past its firewall. No name leads a sandbox there.
import test from "ava";
import { needs } from "../helpers/needs.ts";
import { far, makeWorld, near, port } from "./network/world.ts";
import type { Who } from "./table.ts";

const whos: readonly Who[] = ["root", "user"];

/** Asks the proxy for a host, and prints what comes back. */
const ask = (host: string): string =>
  `exec 3<>/dev/tcp/127.0.0.1/31280 && printf 'CONNECT ${host}:${port} HTTP/1.1\\r\\n\\r\\n' >&3 && cat <&3`;

for (const who of whos)
  test.serial(
    `as ${who}: a name leads to no public address of the host, unless a rule names the address`,
    async (t) => {
      if (!(await needs(t, "root", "user", "userns", "ip"))) return;
      const { coffer, host } = await makeWorld(t, who);
      const reach = async (place: string, ...flags: readonly string[]) => {
        const allowed = ["*", ...flags].flatMap((rule) => ["--allow", rule]);
        return (await coffer("sandbox", ...allowed, "--", "bash", "-c", ask(place))).stdout;
      };
      const greeting = `I am ${far.named}`;
      t.true((await reach("anything.example")).endsWith(`${greeting}\n`));
      for (const route of [`addr add ${far.named}/32 dev up0`, "route add local 8.8.4.0/24 dev lo"]) {
        await host(`ip ${route}`);
        const told = await reach("anything.example");
        t.regex(
          told,
          /^HTTP\/1\.1 403 .* leads to 8\.8\.4\.4, an address of the host itself; add --allow 8\.8\.4\.4:8080/s,
          route,
        );
        t.true((await reach("anything.example", far.named)).endsWith(`${greeting}\n`), route);
        await host(`ip ${route.replace(" add ", " del ")}`);
      }
      t.true((await reach("anything.example")).endsWith(`${greeting}\n`));
      t.regex(await reach(near.own), /^HTTP\/1\.1 403 /);
      // So is what the host reaches without a router.
      await host(`ip route add 8.8.4.0/24 dev up0`);
      t.regex(
        await reach("anything.example"),
        /^HTTP\/1\.1 403 .* an address of the host's link; add --allow 8\.8\.4\.4/s,
      );
    },
  );
