// The ops of docs/security/faults.md that no plan of this machine has: in guests that have what their plans need.
import { join } from "node:path";
import test from "ava";
import type { Told } from "../faults/in-guest.ts";
import type { GuestName } from "../faults/stages/guest-stages.ts";
import { guests, profile } from "../faults/stages/guest-stages.ts";
import type { TableRow } from "../faults/table.ts";
import { holesOf, ofOtherCallers, printTable, unreachable, writePart } from "../faults/table.ts";
import { probe, repository, tools } from "../helpers/build.ts";
import { ofToday } from "../helpers/runner/daily.ts";
import type { RunGuest } from "./batch/batch.ts";
import { runDebian } from "./debian.ts";
import { runFast } from "./fast.ts";
import { needsGuest } from "./needs.ts";

type Kind = { readonly guest: "fast" | "debian"; readonly run: RunGuest; readonly setup: string };

/** init may be traced by whom nothing confines: `tools inject` is. */
const loadProfile = `cat >/run/profiles <<'END'
abi <abi/4.0>,
profile ${profile} flags=(attach_disconnected) {
  file,
  signal (receive) peer=unconfined,
  ptrace (tracedby, readby) peer=unconfined,
}
END
apparmor_parser --add --skip-cache /run/profiles`;

const kinds: Readonly<Record<GuestName, Kind>> = {
  initramfs: {
    guest: "fast",
    run: (script, options) => runFast(script, { ...options, append: "coffer.root=initramfs" }),
    setup: "",
  },
  apparmor: { guest: "debian", run: runDebian, setup: loadProfile },
};

const rows: TableRow[] = [];
const kernel = "Debian's Linux 6.12, in guests";

const meets = test.macro({
  exec: async (t, name: GuestName) => {
    t.timeout(1_200_000);
    const { guest, run, setup } = kinds[name];
    if (!needsGuest(t, guest)) return;
    probe();
    tools();
    const node = join(repository, "node_modules/.bin/node");
    const words = "--conditions=@coffer/source --disable-warning=ExperimentalWarning test/faults/in-guest.ts";
    const ops = ofToday(guests[name].ops, 2).join();
    const script = `#!/bin/sh\ncd ${repository}\n${setup}\nFAULT_OPS=${ops} exec ${node} ${words} ${name}\n`;
    const { stdout, stderr, console, seconds } = await run(script, { timeoutMs: 1_000_000, files: {} });
    if (!stdout.startsWith("{")) return t.fail(`the guest told nothing: ${stdout}${stderr}${console.slice(-2000)}`);
    const told: Told = JSON.parse(stdout);
    t.log(`${seconds.toFixed(0)} s\n${printTable(told.rows)}`);
    t.deepEqual(told.wrongs, []);
    t.deepEqual(holesOf(told.rows), []);
    rows.push(...told.rows);
  },
  title: (_, name: GuestName) => `${name}: every fault at ${ofToday(guests[name].ops, 2).join(" and ")}`,
});

test.serial(meets, "initramfs");
test.serial(meets, "apparmor");

test.serial("every op that no plan of this machine has is in a plan of a guest", (t) => {
  const ops = Object.values(guests).flatMap((guest) => guest.ops);
  t.deepEqual([...ops, ...ofOtherCallers].toSorted(), Object.keys(unreachable).toSorted());
  if (process.env.UPDATE_FAULTS === "1" && rows.length === ops.length) writePart("guests", printTable(rows), kernel);
});
