// The reason phrases of HTTP's status codes, as Node knows them.

/** Taken from Node's module itself: to import it as an ES module reads all that it exports, undici with it, 40 ms of a start. */
export const REASON_PHRASES: Readonly<Record<string, string | undefined>> =
  process.getBuiltinModule("node:http").STATUS_CODES;
