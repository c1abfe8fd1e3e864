// How the program ends, for scripts that ask.

/** Exit codes; any signal gives its usual 128 + n. */
export const ExitCode = { ok: 0, failure: 1, usage: 2, invalidConfiguration: 3, unreachable: 4 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
