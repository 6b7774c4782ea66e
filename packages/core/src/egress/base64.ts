// Base64 (RFC 4648, section 4) of letters that are bytes. Pure rooms have no function for it.

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Writes letters of one byte each. */
export function toBase64(text: string): string {
  const groups = text.match(/[\s\S]{1,3}/g) ?? [];
  return groups
    .map((group) => {
      const [a = 0, b = 0, c = 0] = Array.from(group, (letter) => letter.charCodeAt(0) & 0xff);
      const code = [a >> 2, ((a & 3) << 4) | (b >> 4), ((b & 15) << 2) | (c >> 6), c & 63];
      return code.map((value, at) => (at <= group.length ? letters.charAt(value) : "=")).join("");
    })
    .join("");
}

/** Reads letters of one byte each; undefined where it is not base64. */
export function fromBase64(text: string): string | undefined {
  const plain = text.replace(/={1,2}$/, "");
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*$/.test(plain)) return undefined;
  const values = Array.from(plain, (letter) => letters.indexOf(letter));
  const bytes: number[] = [];
  for (let at = 0; at + 1 < values.length; at += 4) {
    const [a = 0, b = 0, c, d] = values.slice(at, at + 4);
    bytes.push((a << 2) | (b >> 4));
    if (c !== undefined) bytes.push(((b & 15) << 4) | (c >> 2));
    if (c !== undefined && d !== undefined) bytes.push(((c & 3) << 6) | d);
  }
  return bytes.map((byte) => String.fromCharCode(byte & 0xff)).join("");
}
