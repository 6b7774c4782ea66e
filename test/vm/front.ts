// How the scripts of a guest start coffer. On an emulated processor Node takes seconds to start: `npm run test:all` takes the
// native front where that is built, and the nightly tests take Node's.

import { isNative } from "../helpers/callers/front.ts";
import { isDaily } from "../helpers/runner/daily.ts";

type Face = "coffer" | "coffer-oci";

const isGuestNative = isNative || (isDaily && process.env.COFFER_NATIVE === "built");

/** The words that start a face of coffer, for a shell in the guest. */
export const guestWords = (face: Face): readonly string[] =>
  isGuestNative
    ? [`$REPOSITORY/packages/cli/native/x86_64/${face}`]
    : ['$(readlink -f "$(command -v node)")', `$REPOSITORY/packages/cli/bin/${face}.js`];

/** Makes a command of the guest. */
export function guestCommand(path: string, face: Face): string {
  const words = guestWords(face).map((word) => `"${word}"`);
  return `printf '#!/bin/sh\\nexec ${words.map(() => "%s ").join("")}"$@"\\n' ${words.join(" ")} >${path}\nchmod 755 ${path}`;
}
