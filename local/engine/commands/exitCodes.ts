/** How the process ends. */
export const exitCodes = { ok: 0, failed: 1, interrupted: 130 } as const;
