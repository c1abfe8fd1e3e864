// Where tables get their memory: the batched plane asks the system for large pages behind it, tests do not.

/** Reserves zeroed memory that nothing has touched yet. */
export type Reserve = (bytes: number) => ArrayBuffer;

/** Plain memory. */
export const plainMemory: Reserve = (bytes) => new ArrayBuffer(bytes);
