// The text of the file `schemata`: lines such as `L3:0=ff;1=f`, which the kernel prints with blanks and zeros of its own.

/** A resource and its values: domain → value, as the kernel would tell them. */
interface Schema {
  readonly resource: string;
  readonly domains: ReadonlyMap<string, string>;
}

/** Cache masks are hexadecimal, all others (bandwidth) are not. */
function plainValue(resource: string, value: string): string {
  const word = value.trim().toLowerCase();
  const digits = resource.startsWith("L") ? word.replace(/^0x/, "") : word;
  return digits.replace(/^0+(?=.)/, "");
}

function parseSchema(line: string): Schema {
  const colon = line.indexOf(":");
  const resource = line.slice(0, Math.max(colon, 0)).trim();
  const parts = line
    .slice(colon + 1)
    .split(";")
    .map((part) => part.split("="));
  return {
    resource,
    domains: new Map(parts.map(([domain = "", value = ""]) => [plainValue("", domain), plainValue(resource, value)])),
  };
}

/** What a group has of the resource of a line, when that is not what the line says: all of it, as the kernel prints it. */
export function differingLine(wanted: string, schemata: string): string | undefined {
  const { resource, domains } = parseSchema(wanted);
  const line = schemata.split("\n").find((text) => parseSchema(text).resource === resource);
  if (line === undefined) return `it has no ${resource}`;
  const found = parseSchema(line).domains;
  const isSame = [...domains].every(([domain, value]) => found.get(domain) === value);
  return isSame ? undefined : line.trim();
}
