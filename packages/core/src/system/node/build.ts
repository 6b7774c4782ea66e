/** What tells this program from others. A front on Node keeps no plans: its own start takes far longer than a plan. */
export const build: string | undefined = undefined;

/** Without kept plans nothing is sealed. */
export const checksum: ((bytes: Uint8Array) => string) | undefined = undefined;

/** Without kept plans there is nothing to compare. */
export const isSame: ((log: Uint8Array) => boolean) | undefined = undefined;
