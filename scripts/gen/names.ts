// Names in the generated C, from the names of the tables.

/** `open-root` or `startTime` as `OPEN_ROOT`, `START_TIME`. */
export function constantCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll("-", "_")
    .toUpperCase();
}

/** A C enum, or an anonymous one where the name is empty. */
export function cEnum(name: string, prefix: string, rows: readonly (readonly [string, number | string])[]): string {
  const body = rows.map(([row, value]) => `\t${prefix}${constantCase(row)} = ${value},`).join("\n");
  return `enum ${name === "" ? "" : `${name} `}{\n${body}\n};\n`;
}

/** A number as a C constant of 64 bits. */
export function cNumber(value: number | bigint): string {
  return `0x${BigInt(value).toString(16)}ull`;
}
