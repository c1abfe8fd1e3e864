// The sixth word of an endpoint, where the peer is at the other end of a stream. For datagrams and for what is sent by address
// it is an IPv6 scope, a small number. A negative one names a connection: what is sent there goes over that connection and no
// other, and when it is gone, to the endpoint's address and port; with bit 30 as well it names a flow (RFC 5626): when that
// connection is gone there is no other way. A positive word with bit 30 carries a second port: without an open connection
// from the endpoint's own port, a new one is made to that port (RFC 3263 5: the sent-by port of the Via). One with bit 29
// carries the number of who has to be there (bridge/tls-state.ts), and in the bits between an IPv6 scope.

const NAMED = 0x80000000 | 0;
const SECOND_PORT = 0x40000000;
const FLOW = 0x40000000;
const IDENTITY = 0x20000000;
const IDENTITY_BITS = 16;
const MOST_SCOPE = 0x1fff;
/** Most identities that a word can name. */
export const MAX_IDENTITIES = 1 << IDENTITY_BITS;
/** Connections that can be told apart at a time. */
export const MAX_CONNECTIONS = 65_536;
/** How often a place is used again before two connections get the same name. */
export const GENERATIONS = 16_384;

/** The word that names a connection by its place and generation. */
export function connectionWord(place: number, generation: number): number {
  return NAMED | (generation << 16) | place;
}

/** Whether the word names a connection. */
export function namesConnection(word: number): boolean {
  return word < 0;
}

/** The place in a word that names a connection. */
export function placeOf(word: number): number {
  return word & 0xffff;
}

/** The generation in it. */
export function generationOf(word: number): number {
  return (word >>> 16) & 0x3fff;
}

/** The word that names the same connection as a flow: over that one or not at all. */
export function flowWord(word: number): number {
  return word | FLOW;
}

/** Whether what is sent there goes over the connection that the word names, or not at all. */
export function isFlow(word: number): boolean {
  return word < 0 && (word & FLOW) !== 0;
}

/** Whether both words name the same connection. */
export function isSameConnection(a: number, b: number): boolean {
  return a < 0 && (a | FLOW) === (b | FLOW);
}

/** The word that carries a second port. */
export function secondPortWord(port: number): number {
  return SECOND_PORT | port;
}

/**
 * The word of a phone that can only be reached over the connection that it made from the endpoint's own port, wherever that
 * has its place: there is no port to connect to.
 */
export const THEIRS_ONLY: number = SECOND_PORT;

/** The port to connect to for an endpoint with this word, given the endpoint's own port. */
export function portToConnect(word: number, port: number): number {
  return hasSecondPort(word) ? word & 0xffff : port;
}

/** Whether the word carries a second port: it leads back to a caller. */
export function hasSecondPort(word: number): boolean {
  return word > 0 && (word & SECOND_PORT) !== 0;
}

/** The word of a destination that has to prove an identity; `scope` is its IPv6 scope, 0 where it has none. */
export function identityWord(identity: number, scope: number): number {
  return IDENTITY | ((scope & MOST_SCOPE) << IDENTITY_BITS) | identity;
}

/** The number of who has to be there; 0: nobody in particular. */
export function identityOf(word: number): number {
  return word > 0 && word < SECOND_PORT && (word & IDENTITY) !== 0 ? word & (MAX_IDENTITIES - 1) : 0;
}

/** The IPv6 scope in the word; 0 when it carries something else. */
export function scopeOf(word: number): number {
  if (word <= 0 || word >= SECOND_PORT) return 0;
  return (word & IDENTITY) === 0 ? word : (word >>> IDENTITY_BITS) & MOST_SCOPE;
}
