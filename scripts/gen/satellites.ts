// helper-c/satellite/kinds.gen.h: which ops a satellite carries out, and what each kind may do.
import type { Arch } from "../../packages/core/src/host/facts.ts";
import { compileSeccomp } from "../../packages/core/src/seccomp/index.ts";
import type { SatelliteKind } from "../../packages/core/src/wire/satellites.ts";
import { filterProfile, pinned, satellites } from "../../packages/core/src/wire/satellites.ts";
import type { OpRow } from "../../packages/core/src/wire/tables/op-table.ts";
import { opTable } from "../../packages/core/src/wire/tables/op-table.ts";
import { cHead } from "./c-ops.ts";
import { cEnum, constantCase } from "./names.ts";

const archs = ["x86_64", "aarch64"] as const;
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

const maskOf = (capabilities: readonly number[]): string =>
  `0x${capabilities.reduce((mask, number) => mask + 2 ** number, 0).toString(16)}`;

/** What each kind has and may do; the filters stand one behind the other, as pointers would have to be relocated. */
function tables(arch: Arch): readonly string[] {
  let used = 0;
  const all = Object.entries(kinds).map(([name, kind]) => {
    const { descriptors, takes = descriptors, capabilities } = kind;
    const filter = filterOf(kind, arch);
    const first = used;
    used += filter.length;
    const cells = [takes.length, first, filter.length, maskOf(capabilities)].join(", ");
    return { row: `\t[SATELLITE_${constantCase(name)}] = { ${cells} },`, filter };
  });
  return [
    `static const struct satellite_row kinds[SATELLITE_KINDS] = {\n${all.map(({ row }) => row).join("\n")}\n};`,
    `static const struct sock_filter filters[] = {\n${all.flatMap(({ filter }) => filter).join("\n")}\n};`,
  ];
}

/** Renders helper-c/satellite/kinds.gen.h. */
export function renderSatellites(): string {
  const ops: Readonly<Record<string, OpRow>> = opTable;
  const carried = Object.entries(ops).flatMap(([name, { satellite }]) =>
    satellite === undefined ? [] : [`\t[OP_${constantCase(name)}] = SATELLITE_${constantCase(satellite)},`],
  );
  const codes = Object.entries(kinds).map(([name, { code }]) => [name, code] as const);
  const longest = Math.max(...archs.flatMap((arch) => Object.values(kinds).map((kind) => filterOf(kind, arch).length)));
  const words = [
    `#define FILTER_MAX ${longest}`,
    `#define PINNED_HIGH 0x${(pinned >> 32n).toString(16)}`,
    `#define PINNED_LOW 0x${(pinned & 0xffffffffn).toString(16)}`,
  ];
  return [
    `${cHead("packages/core/src/wire/satellites.ts")}\n#include "../plan/ops.gen.h"\n`,
    cEnum("satellite_kind", "SATELLITE_", codes),
    `#define SATELLITE_KINDS ${codes.length + 1}\n`,
    "#ifdef SATELLITE_TABLES /* the satellite's own */\n#include <linux/filter.h>\n",
    `${words.join("\n")}\n`,
    `/* Who carries an op out; 0: no satellite. */\nstatic const uint8_t carried_by[OP_LAST + 1] = {\n${carried.join("\n")}\n};\n`,
    "struct satellite_row {\n\tuint16_t takes, first, count; /* descriptors; its filter among all */\n\tuint64_t capabilities;\n};\n",
    `#if defined(__x86_64__)\n${tables("x86_64").join("\n")}\n#elif defined(__aarch64__)\n${tables("aarch64").join("\n")}\n#endif\n`,
    "#endif\n",
  ].join("\n");
}
