// What the tests of labels share: bundles whose program prints its label, and plans. The plans are made here, and launched
// in the guest without Node, which takes seconds to start there.
import { checkConfig } from "@coffer/spec";
import type { HostFacts } from "../../../packages/core/src/host/facts.ts";
import { planCreate } from "../../../packages/core/src/plan/index.ts";
import { rootFacts, userFacts } from "../../../packages/core/src/plan/testing/builders.ts";
import { toLaunchError } from "../../../packages/core/src/runtime/launch/errors/launch-error.ts";
import { encodePlan } from "../../../packages/core/src/wire/encode.ts";
import type { Plan } from "../../../packages/core/src/wire/op.ts";
import { decodeReports } from "../../../packages/core/src/wire/report/report.ts";
import { tools } from "../../helpers/build.ts";
import { baseConfig } from "../../helpers/config.ts";
import type { Json, Patch } from "../../helpers/json.ts";
import { toJson } from "../../helpers/json.ts";
import { helperPath } from "../../helpers/peers/runtimes.ts";
import { guestWords } from "../front.ts";

/** A shell's script as a bundle's program. */
export const shell = (script: string): Patch => ({ "/process/args": ["sh", "-c", script] });

const config = (patch: Patch): Json => baseConfig({ "/linux/resources": undefined, ...patch });

/** A script's first lines: a bundle at /run/bundles/NAME, which becomes the working directory. */
export function bundle(name: string, patch: Patch): string {
  return `
mkdir -p /run/bundles/${name}
cp -a /run/rootfs /run/bundles/${name}/rootfs
cd /run/bundles/${name}
cat >config.json <<'END'
${toJson(config(patch))}
END
`;
}

/** How a plan is made and launched. */
export type LaunchOptions = {
  /** The active security module. */
  readonly lsm: string;
  /** As for a kernel that has no lsm_set_self_attr(2). */
  readonly old?: boolean;
  /** As the ordinary user `tester`. */
  readonly rootless?: boolean;
  /** Words before the helper's. */
  readonly prefix?: string;
};

/** The plan of a config, for the guest. */
export function planOf(patch: Patch, { lsm, old = false, rootless = false }: LaunchOptions): Plan {
  const kernel = old ? { major: 5, minor: 14 } : { major: 6, minor: 12 };
  const facts: HostFacts = { ...(rootless ? userFacts : rootFacts), kernel, lsm: [lsm] };
  const options = { id: "planned", bundle: "/run", rootfs: { path: "/run/rootfs" }, noCgroup: true } as const;
  return planCreate(checkConfig(config(patch)), facts, options);
}

/** A script that launches the plan of a config; its last line has the reports. Errors are read by `errorOf`. */
export function launch(patch: Patch, options: LaunchOptions): string {
  const image = Buffer.from(encodePlan(planOf(patch, options))).toString("base64");
  const prefix = [...(options.prefix ? [options.prefix] : []), ...(options.rootless ? ["/run/as-tester"] : [])];
  return `
base64 -d >/run/plan <<'END'
${image}
END
: | ${prefix.join(" ")} ${helperPath("x86_64")} launch --plan-fd 3 --report-fd 4 3</run/plan 4>/run/report 2>&1 | cat
echo
base64 -w0 /run/report
`;
}

/** What a launch printed, and the error that its reports tell of. */
export function outcomeOf(plan: Plan, stdout: string): { readonly text: string; readonly error: string | undefined } {
  const end = stdout.lastIndexOf("\n");
  const reports = decodeReports(Buffer.from(stdout.slice(end + 1), "base64"));
  const failed = reports.find(({ state }) => state === "failed");
  const error = failed === undefined ? undefined : toLaunchError(plan, failed);
  return { text: stdout.slice(0, end), error: error?.message };
}

const applets = ["sh", "cat", "sed", "grep", "sleep", "id", "mkdir", "ls", "touch", "tr"];

/** Makes the rootfs, and names the commands: `$COFFER`, `$TOOLS` (../helpers/tools), `$PLANS` (guest/label-plans.ts). */
export const labelSetup = (): string => `
mkdir -p /run/rootfs/bin /run/rootfs/etc
for name in proc dev sys tmp; do mkdir /run/rootfs/$name; done
cp /bin/busybox /run/rootfs/bin/busybox
for name in ${applets.join(" ")}; do ln /run/rootfs/bin/busybox /run/rootfs/bin/$name; done
echo secret >/run/rootfs/etc/secret
chmod -R a+rX /run/rootfs
export COFFER="${guestWords("coffer").join(" ")}" TOOLS=${tools()}
export PLANS="node --conditions=@coffer/source --disable-warning=ExperimentalWarning $REPOSITORY/test/vm/guest/label-plans.ts"
`;
