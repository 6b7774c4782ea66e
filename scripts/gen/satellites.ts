// helper-c/satellite/kinds.gen.h: which ops a satellite carries out, and what each kind may do.
import type { Arch } from "../../packages/core/src/host/facts.ts";
import { compileSeccomp } from "../../packages/core/src/plan/seccomp/index.ts";
import type { SatelliteKind } from "../../packages/core/src/wire/satellites.ts";
import { filterProfile, satellites } from "../../packages/core/src/wire/satellites.ts";
import type { OpRow } from "../../packages/core/src/wire/tables/op-table.ts";
import { opTable } from "../../packages/core/src/wire/tables/op-table.ts";
import { cHead } from "./c-ops.ts";
import { cEnum, constantCase } from "./names.ts";

const kinds: Readonly<Record<string, SatelliteKind>> = satellites;

/** The filter of a kind as instructions of C: all other calls kill the satellite. */
function filterOf(kind: SatelliteKind, arch: Arch): readonly string[] {
  const { program } = compileSeccomp(filterProfile(kind), { arch }, { enosysAbove: false });
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  return Array.from({ length: program.byteLength / 8 }, (_, index) => {
    const at = index * 8;
    const k = `0x${view.getUint32(at + 4, true).toString(16)}`;
    return `\t{ ${[view.getUint16(at, true), view.getUint8(at + 2), view.getUint8(at + 3), k].join(", ")} },`;
  });
}

const filters = (arch: Arch): readonly string[] =>
  Object.entries(kinds).map(
    ([name, kind]) => `static const struct sock_filter ${name}_filter[] = {\n${filterOf(kind, arch).join("\n")}\n};`,
  );

const maskOf = (capabilities: readonly number[]): string =>
  `0x${capabilities.reduce((mask, number) => mask + 2 ** number, 0).toString(16)}`;

/** Renders helper-c/satellite/kinds.gen.h. */
export function renderSatellites(): string {
  const ops: Readonly<Record<string, OpRow>> = opTable;
  const carried = Object.entries(ops).flatMap(([name, { satellite }]) =>
    satellite === undefined ? [] : [`\t[OP_${constantCase(name)}] = SATELLITE_${constantCase(satellite)},`],
  );
  const rows = Object.entries(kinds).map(
    ([name, { descriptors, capabilities }]) =>
      `\t[SATELLITE_${constantCase(name)}] = { ${descriptors.length}, ${maskOf(capabilities)} },`,
  );
  return [
    `${cHead("packages/core/src/wire/satellites.ts")}\n#include "../plan/ops.gen.h"\n`,
    cEnum(
      "satellite_kind",
      "SATELLITE_",
      Object.entries(kinds).map(([name, { code }]) => [name, code]),
    ),
    `#define SATELLITE_KINDS ${Object.keys(kinds).length + 1}\n`,
    "#ifdef SATELLITE_TABLES /* the satellite's own */\n#include <linux/filter.h>\n",
    `/* Who carries an op out; 0: no satellite. */\nstatic const uint8_t carried_by[OP_LAST + 1] = {\n${carried.join("\n")}\n};\n`,
    `static const struct {\n\tuint32_t descriptors;\n\tuint64_t capabilities;\n} kinds[SATELLITE_KINDS] = {\n${rows.join("\n")}\n};\n`,
    `#if defined(__x86_64__)\n${filters("x86_64").join("\n")}\n#elif defined(__aarch64__)\n${filters("aarch64").join("\n")}\n#endif\n`,
    "#endif\n",
  ].join("\n");
}
