// OCI image layouts whose layer is a module.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { needs } from "../helpers/needs.ts";
import { buildModule, emptyDir, wasm } from "./module.ts";

type Change = { readonly config?: string; readonly layer?: string; readonly layers?: number; readonly blob?: string };

/** A layout as an artifact tool writes it. */
function makeLayout(t: ExecutionContext, { config, layer, layers = 1, blob }: Change = {}): string {
  const base = emptyDir(t);
  const blobs = join(base, "blobs/sha256");
  mkdirSync(blobs, { recursive: true });
  const put = (mediaType: string, bytes: Uint8Array | string) => {
    const hex = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const module = put(layer ?? "application/wasm", readFileSync(buildModule("words")));
  if (blob !== undefined) writeFileSync(join(blobs, module.digest.slice(7)), blob);
  const manifest = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: put(config ?? "application/vnd.wasm.config.v0+json", '{"architecture":"wasm","os":"wasip1"}'),
    layers: Array.from({ length: layers }, () => module),
  };
  const listed = put(manifest.mediaType, JSON.stringify(manifest));
  writeFileSync(join(base, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(base, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [listed] }));
  return base;
}

test.serial("the module of a layout is run", async (t) => {
  t.timeout(180_000);
  if (!(await needs(t, "root", "userns", "wasm2c"))) return;
  const { stdout, exitCode } = await wasm([makeLayout(t), "--", "4"], { input: "" });
  t.is(stdout, "arg 4\nFOO is not set\n");
  t.is(exitCode, 4);
});

const rejects = test.macro({
  exec: async (t, change: Change, message: string) => {
    const { stderr, exitCode } = await wasm(["inspect", makeLayout(t, change)]);
    t.is(exitCode, 125);
    t.true(stderr.includes(message), stderr);
    t.is(stderr.trim().split("\n").length, 1);
  },
  title: (_provided, _change, message: string) => `a layout is rejected that ${message}`,
});

test(rejects, { config: "application/vnd.oci.image.config.v1+json" }, "is no module: its config is");
test(rejects, { layer: "application/vnd.oci.image.layer.v1.tar" }, "is no module: its layer is");
test(rejects, { layers: 2 }, "does not have exactly one layer");
test(rejects, { blob: "another" }, "has a blob that is not sha256:");
