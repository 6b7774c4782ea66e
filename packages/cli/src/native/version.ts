/** Put in by the build. */
declare const COFFER_VERSION: string;

/** The version of this program. */
export const readVersion = (): string => COFFER_VERSION;

/** What runs this program's TypeScript: for `doctor`. */
export const describeFront = (): string => "native, without Node";
