import test from "ava";
import { checkFilter } from "./check-filter.ts";
import { simulate } from "./simulate.ts";

function program(...rows: readonly (readonly [code: number, yes: number, no: number, operand: number])[]): Uint8Array {
  const bytes = new Uint8Array(rows.length * 8);
  const view = new DataView(bytes.buffer);
  rows.forEach(([code, yes, no, operand], index) => {
    view.setUint16(index * 8, code, true);
    bytes.set([yes, no], index * 8 + 2);
    view.setUint32(index * 8 + 4, operand, true);
  });
  return bytes;
}

const end = [0x06, 0, 0, 0] as const;

for (const [what, bytes, fault] of [
  ["an empty program", program(), /0 instructions/],
  ["a torn program", new Uint8Array(7), /multiple/],
  ["a program too long", new Uint8Array(4097 * 8), /4097/],
  ["no return at the end", program(end, [0x20, 0, 0, 0]), /no return/],
  ["a jump out of the program", program([0x05, 0, 0, 1], end), /instruction 0: jump over 1/],
  ["a backward jump", program([0x05, 0, 0, 0xffffffff], end), /jump/],
  ["a conditional jump out of the program", program([0x15, 0, 1, 0], end), /jump over 1/],
  ["an odd load", program([0x20, 0, 0, 2], end), /load at 2/],
  ["a load behind the data", program([0x20, 0, 0, 64], end), /load at 64/],
  ["a byte load", program([0x30, 0, 0, 0], end), /operation 0x30/],
  ["a store", program([0x02, 0, 0, 0], end), /operation 0x2/],
] as const)
  test(`refuses ${what}`, (t) => {
    t.regex(checkFilter(bytes) ?? "", fault);
  });

test("takes the shortest filter, and runs it", (t) => {
  t.is(checkFilter(program(end)), undefined);
  t.is(simulate(program(end), { nr: 1, arch: 2 }), 0);
});

test("the simulator refuses what it does not know and programs that run off their end", (t) => {
  t.throws(() => simulate(program([0x30, 0, 0, 0], end), { nr: 0, arch: 0 }), { instanceOf: RangeError });
  t.throws(() => simulate(program([0x20, 0, 0, 0]), { nr: 0, arch: 0 }), { instanceOf: RangeError });
});
