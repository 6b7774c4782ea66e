// Ports that a sandbox publishes: what is one, and why another is none.
import test from "ava";
import { CofferError } from "../../errors.ts";
import { parsePublished } from "./publish.ts";

const good = {
  "80": { address: "127.0.0.1", hostPort: 80, port: 80 },
  "8080:80": { address: "127.0.0.1", hostPort: 8080, port: 80 },
  "0.0.0.0:1:65535": { address: "0.0.0.0", hostPort: 1, port: 65_535 },
  "[::1]:80": { address: "::1", hostPort: 80, port: 80 },
};
for (const [text, expected] of Object.entries(good))
  test(`${text} is a port`, (t) => t.deepEqual(parsePublished(text), expected));

const bad = {
  "": "not [ADDRESS:][HOSTPORT:]PORT",
  a: "not [ADDRESS:][HOSTPORT:]PORT",
  "1:2:3": "not [ADDRESS:][HOSTPORT:]PORT",
  "0": "ports are 1 to 65535",
  "99999": "ports are 1 to 65535",
  "65536:80": "ports are 1 to 65535",
  "1.2.3.400:80": "not an address",
};
for (const [text, reason] of Object.entries(bad))
  test(`${JSON.stringify(text)} is no port, and it is said why`, (t) => {
    const error = t.throws(() => parsePublished(text), { instanceOf: CofferError });
    t.is(error.message, `publish ${JSON.stringify(text)}: ${reason}`);
  });
