// What Node loads late is there from the beginning.
import * as crypto from "./node/crypto.ts";

export const cryptography = (): typeof crypto => crypto;
