// helper-c/plan/ops-rows.gen.h: what the verifier has to know about each op.

import type { DataRow, NumRow, OpRow, SlotRow } from "../../packages/core/src/wire/tables/op-table.ts";
import { opFlags, opTable, phases, slotTypes } from "../../packages/core/src/wire/tables/op-table.ts";
import { cHead } from "./c-ops.ts";
import { cNumber, constantCase } from "./names.ts";

const bits = (values: readonly number[]): string => `0x${values.reduce((sum, bit) => sum | bit, 0).toString(16)}`;

function slotCell(row: SlotRow): string {
  const flags = [row.move ? "ROW_MOVE" : "", row.optional ? "ROW_OPTIONAL" : ""].filter((flag) => flag !== "");
  return [bits(row.types.map((type) => 1 << slotTypes[type].code)), ...flags].join(" | ");
}

function dataCell(row: DataRow): string {
  const flags = [row.form ? `DATA_${constantCase(row.form)}` : "", row.optional ? "DATA_OPTIONAL" : ""];
  return [`DATA_${constantCase(row.kind)}`, ...flags.filter((flag) => flag !== "")].join(" | ");
}

/** Numbers are checked by an index into one table of limits: there are few different ones. */
function limitIndex(limits: string[], row: NumRow): number {
  const cell =
    row.mask !== undefined ? `{ ${cNumber(row.mask)}, 1 }` : `{ ${cNumber(row.max ?? 0xffffffffffffffffn)}, 0 }`;
  const found = limits.indexOf(cell);
  return found >= 0 ? found : limits.push(cell) - 1;
}

function opRow(name: string, row: OpRow, limits: string[]): string {
  const phaseBits = bits(row.phases.map((phase) => 1 << phases[phase].code));
  const flagBits = bits((row.flags ?? []).map((flag) => opFlags[flag].bit));
  const out = row.out === undefined ? 0 : slotTypes[row.out].code;
  const slots = Object.values(row.slots ?? {}).map(slotCell);
  const data = Object.values(row.data ?? {}).map(dataCell);
  const nums = Object.values(row.nums ?? {}).map((num) => limitIndex(limits, num));
  const cells = [`.phases = ${phaseBits}`, `.flags = ${flagBits}`, `.out = ${out}`];
  if (slots.length > 0) cells.push(`.slots = { ${slots.join(", ")} }`);
  if (data.length > 0) cells.push(`.data = { ${data.join(", ")} }`);
  if (nums.length > 0) cells.push(`.nums = { ${nums.join(", ")} }`);
  return `\t[OP_${constantCase(name)}] = { ${cells.join(", ")} },`;
}

/** Renders helper-c/plan/ops-rows.gen.h. */
export function renderRowsHeader(): string {
  const limits = ["{ 0, 0 }"];
  const table: Readonly<Record<string, OpRow>> = opTable;
  const rows = Object.entries(table).map(([name, row]) => opRow(name, row, limits));
  return [
    cHead("packages/core/src/wire/tables/op-table.ts"),
    '#include "op-row.h"\n',
    `static const struct num_limit num_limits[] = {\n${limits.map((row) => `\t${row},`).join("\n")}\n};\n`,
    `static const struct op_row op_rows[OP_LAST + 1] = {\n${rows.join("\n")}\n};\n`,
  ].join("\n");
}
