// The branch parameter of our Vias: the magic cookie, then 25 bytes: a letter for the kind, two 32-bit words that name the
// hop, and the loop-detection word, in hexadecimal.

/** What kind of hop the branch names. */
export const BranchKind = { stateful: 0x73, stateless: 0x74, ack: 0x61, probe: 0x70, keepAlive: 0x6b } as const;
/** Length of RFC 3261's magic cookie, `z9hG4bK`; the kind of our branch follows it. */
export const MAGIC_BYTES = 7;
/** Bytes of our branch parameter after `z9hG4bK`. */
export const BRANCH_BYTES = 25;
