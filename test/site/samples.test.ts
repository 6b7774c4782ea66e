// The configs that engines wrote (scripts/site/samples/capture.ts): nothing of the machine that captured them is left in them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { cleaned } from "../../scripts/site/samples/clean.ts";
import { repository } from "../helpers/build.ts";

const read = (name: string): string => readFileSync(join(repository, "scripts/site/samples", name), "utf8");
const configs: Readonly<Record<string, Readonly<Record<string, unknown>>>> = JSON.parse(read("engines.gen.json"));
const writers: Readonly<Record<string, string>> = JSON.parse(read("names.gen.json"));

test("each sample names the engine and the version that wrote it", (t) => {
  t.deepEqual(Object.keys(writers), Object.keys(configs));
  t.true(Object.keys(configs).length >= 6);
  for (const [name, by] of Object.entries(writers)) t.regex(by, /^(Docker|Podman|containerd) \d+\.\d+\.\d+$/, name);
});

test("no directory, id, proxy or name of the machine is in a sample", (t) => {
  for (const [name, config] of Object.entries(configs)) {
    const text = JSON.stringify(config);
    t.notRegex(text, /\/tmp|\/cfc-|proxy|\/work\b/i, name);
    const ids = text.match(/\b[0-9a-f]{64}\b/g) ?? [];
    t.true(
      ids.every((id) => id.startsWith("c0ffee")),
      name,
    );
    t.notRegex(text, /\/proc\/(?!4242\/)\d+\//, name);
  }
});

test("a sample has what only the engine itself writes", (t) => {
  const text = (name: string): string => JSON.stringify(configs[name]);
  t.regex(text("docker run"), /libnetwork-setkey/);
  t.regex(text("podman run"), /io\.container\.manager/);
  t.regex(text("Kubernetes pod"), /io\.kubernetes\.cri\.container-type/);
  for (const name of ["docker run", "podman run", "Kubernetes pod"]) t.regex(text(name), /"seccomp":\{"defaultAction"/);
  for (const name of Object.keys(configs).filter((one) => one.includes("privileged")))
    t.notRegex(text(name), /"seccomp"/);
});

test("ids, directories, devices and limits of a capture are cleaned", (t) => {
  const id = "12ab".repeat(16);
  const config = {
    process: { rlimits: [{ type: "RLIMIT_NOFILE", hard: 7, soft: 7 }], capabilities: { bounding: ["CAP_SYS_ADMIN"] } },
    root: { path: `/tmp/cfc-Ab1/docker/data/overlay2/${id}/merged` },
    hooks: { prestart: [{ path: "/proc/77/exe", args: [id, id.slice(0, 12)] }] },
    linux: { cgroupsPath: `/cfc-Ab1/${id}`, devices: [{ path: "/dev/sda" }, { path: "/dev/fuse" }] },
  };
  const stands = "c0ffee".repeat(11).slice(0, 64);
  t.deepEqual(cleaned(JSON.stringify(config), { base: "/tmp/cfc-Ab1", tag: "cfc-Ab1" }, "/docker"), {
    process: {
      rlimits: [{ type: "RLIMIT_NOFILE", hard: 1_048_576, soft: 1_048_576 }],
      capabilities: { bounding: ["CAP_SYS_ADMIN", "CAP_SYS_RESOURCE"] },
    },
    root: { path: `/var/lib/docker/overlay2/${stands}/merged` },
    hooks: { prestart: [{ path: "/usr/bin/dockerd", args: [stands, "c0ffeec0ffee"] }] },
    linux: { cgroupsPath: `/docker/${stands}`, devices: [{ path: "/dev/fuse" }] },
  });
});
