/** What tells this program from others. A front on Node keeps no plans: its own start takes far longer than a plan. */
export const build: string | undefined = undefined;
