/** The native front changes no modes, but for a terminal whose launcher was killed. */
export function leaveTerminals(): void {}
