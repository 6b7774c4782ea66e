// Writes the plan of a process that joins a container, as a kernel without lsm_set_self_attr(2) would get it:
//   label-plans.ts FILE BUNDLE PROCESS COMMAND…   PROCESS is the file of that name in the container's state directory
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkProcess, parseConfig } from "@coffer/spec";
import { probeHost } from "../../../packages/core/src/host/probe.ts";
import { planJoin } from "../../../packages/core/src/plan/index.ts";
import { nodeSystem } from "../../../packages/core/src/system/node.ts";
import { encodePlan } from "../../../packages/core/src/wire/encode.ts";

const [file = "", bundle = "", identity = "", ...args] = process.argv.slice(2);
const config = parseConfig(readFileSync(join(bundle, "config.json"), "utf8"));
const facts = { ...probeHost(nodeSystem, { paths: [] }), kernel: { major: 5, minor: 14 } };
const [pid, startTime = "0", inode = "0"] = readFileSync(identity, "utf8").split(" ");
const target = { pid: Number(pid), startTime: BigInt(startTime), inode: BigInt(inode) };
const own = checkProcess({ cwd: "/", args, env: ["PATH=/bin"] });
writeFileSync(file, encodePlan(planJoin(config, own, facts, { id: "joined", bundle, target })));
