// D-Bus messages: method calls, marshalled little-endian as the D-Bus specification says. The launcher only carries them.
import { pushText } from "../../../wire/utf8.ts";

/** A value with its D-Bus type. `pid`: a u32 that is known only when the plan runs. */
export type DbusValue =
  | { readonly type: "s"; readonly value: string }
  | { readonly type: "b"; readonly value: boolean }
  | { readonly type: "i"; readonly value: number }
  | { readonly type: "t"; readonly value: bigint }
  | { readonly type: "ay"; readonly value: readonly number[] }
  | { readonly type: "au"; readonly value: "pid" }
  | { readonly type: "a(ss)"; readonly value: readonly (readonly [string, string])[] }
  | { readonly type: "a(sv)"; readonly value: readonly DbusProperty[] }
  /** An empty one: nobody here has auxiliary units. */
  | { readonly type: "a(sa(sv))" };

/** A property of an object: its name and a variant. */
export interface DbusProperty {
  readonly name: string;
  readonly value: DbusValue;
}

/** A method call. */
export interface DbusCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body: readonly DbusValue[];
}

/** A marshalled message, and where in it the pid goes; 0xffffffff: nowhere. */
export interface DbusMessage {
  readonly message: Uint8Array;
  readonly pidAt: number;
}

interface Out {
  readonly bytes: number[];
  pidAt: number;
}

const nowhere = 0xffffffff;
const littleEndian = 0x6c;
const methodCall = 1;
const protocolVersion = 1;
/** The fields of a header that a call has, in the order of sd-bus: name, code, type. */
const headerFields = [
  ["path", 1, "o"],
  ["member", 3, "s"],
  ["interface", 2, "s"],
  ["destination", 6, "s"],
] as const;
const signatureField = 8;

function align({ bytes }: Out, to: number): void {
  while (bytes.length % to !== 0) bytes.push(0);
}

function putNumber(out: Out, value: bigint, size: 4 | 8): void {
  align(out, size);
  for (let at = 0; at < size; at++) out.bytes.push(Number((value >> BigInt(8 * at)) & 0xffn));
}

function putString(out: Out, value: string): void {
  const text: number[] = [];
  pushText(text, value);
  putNumber(out, BigInt(text.length), 4);
  out.bytes.push(...text, 0);
}

function putSignature({ bytes }: Out, value: string): void {
  bytes.push(value.length);
  pushText(bytes, value);
  bytes.push(0);
}

/** The length counts from the place of the first element, which is aligned in an empty array too. */
function putArray(out: Out, alignment: 1 | 4 | 8, write: () => void): void {
  putNumber(out, 0n, 4);
  const lengthAt = out.bytes.length - 4;
  align(out, alignment);
  const start = out.bytes.length;
  write();
  const length = out.bytes.length - start;
  for (let at = 0; at < 4; at++) out.bytes[lengthAt + at] = (length >> (8 * at)) & 0xff;
}

function putProperty(out: Out, { name, value }: DbusProperty): void {
  align(out, 8);
  putString(out, name);
  putSignature(out, value.type);
  putValue(out, value);
}

function putPid(out: Out): void {
  align(out, 4);
  out.pidAt = out.bytes.length;
  putNumber(out, 0n, 4);
}

function putValue(out: Out, value: DbusValue): void {
  switch (value.type) {
    case "s":
      putString(out, value.value);
      break;
    case "b":
      putNumber(out, value.value ? 1n : 0n, 4);
      break;
    case "i":
      putNumber(out, BigInt(value.value), 4);
      break;
    case "t":
      putNumber(out, value.value, 8);
      break;
    case "ay":
      putArray(out, 1, () => out.bytes.push(...value.value));
      break;
    case "au":
      putArray(out, 4, () => putPid(out));
      break;
    case "a(ss)":
      putArray(out, 8, () => {
        for (const pair of value.value) {
          align(out, 8);
          for (const text of pair) putString(out, text);
        }
      });
      break;
    case "a(sv)":
      putArray(out, 8, () => {
        for (const property of value.value) putProperty(out, property);
      });
      break;
    case "a(sa(sv))":
      putArray(out, 8, () => {});
  }
}

function putHeader(out: Out, call: DbusCall): void {
  for (const [name, code, type] of headerFields) {
    align(out, 8);
    out.bytes.push(code);
    putSignature(out, type);
    putString(out, call[name]);
  }
  if (call.body.length === 0) return;
  align(out, 8);
  out.bytes.push(signatureField);
  putSignature(out, "g");
  putSignature(out, call.body.map(({ type }) => type).join(""));
}

/** Marshals a method call. Serials are not 0, and each call of a connection has its own. */
export function marshalCall(call: DbusCall, serial: number): DbusMessage {
  const body: Out = { bytes: [], pidAt: nowhere };
  for (const value of call.body) putValue(body, value);
  const out: Out = { bytes: [littleEndian, methodCall, 0, protocolVersion], pidAt: nowhere };
  putNumber(out, BigInt(body.bytes.length), 4);
  putNumber(out, BigInt(serial), 4);
  putArray(out, 8, () => putHeader(out, call));
  align(out, 8);
  const pidAt = body.pidAt === nowhere ? nowhere : out.bytes.length + body.pidAt;
  return { message: new Uint8Array([...out.bytes, ...body.bytes]), pidAt };
}
