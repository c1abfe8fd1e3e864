// Connections that somebody made to us and that carry what we send there as well (RFC 5923): only where both ends have proved who they are,
// only to the address that the connection comes from, only for names that the client's certificate has, and only for who says by its Via
// that it is there: behind one address there may be several servers of one domain, whose calls are not each other's.
import { copyEndpoint, ENDPOINT_WORDS, sameAddress } from "../net/endpoint.ts";
import { defaultPort, Transport } from "../net/transport.ts";
import { Header } from "../sip/header.ts";
import { hostWords } from "../sip/host.ts";
import type { Message } from "../sip/message.ts";
import { Param } from "../sip/param.ts";
import { ascii, equalsIgnoreCase } from "../sip/scan.ts";
import { Via } from "../sip/via.ts";
import type { Connection } from "./connection.ts";
import { keyOf } from "./connection-key.ts";
import type { Dial } from "./dial.ts";
import { fingerprintOf } from "./secure.ts";

const ALIAS = ascii("alias");
const TLS = ascii("tls");
const param = new Param();
const via = new Via();
const sentBy = new Int32Array(ENDPOINT_WORDS);

/** What a connection offers. */
interface Offer {
  /** Its sender's address, and the port of its Via. */
  readonly endpoint: Int32Array;
  /** What name its Via has (empty: an address). */
  readonly name: string;
  /** Those of the endpoint, one for each whom it has proved to be. */
  keys: readonly (string | number)[];
}

/** The keys of such connections, in the table that holds those of all others, too. */
export class Aliases {
  readonly #byAddress: Map<string | number, Connection>;
  readonly #dials: ReadonlyMap<number, Dial>;
  readonly #onAlias: () => void;
  readonly #offers = new Map<Connection, Offer>();
  /** By key, who would have it, in the order of their offers. */
  readonly #claims = new Map<string | number, Set<Connection>>();

  /** `dials` by listener: its TLS knows who has proved what; `onAlias` hears of each connection that may be used. */
  constructor(byAddress: Map<string | number, Connection>, dials: ReadonlyMap<number, Dial>, onAlias: () => void) {
    this.#byAddress = byAddress;
    this.#dials = dials;
    this.#onAlias = onAlias;
  }

  /** The headers of a message have come over a connection that may ask to be used. */
  look(connection: Connection, message: Message): void {
    const start = message.valueStart[Header.via]!;
    // Where a message ends is known without its Via, so nobody has read that yet.
    if (!message.isRequest || start < 0 || !via.reset(message.bytes, start, message.valueEnd[Header.via]!)) return;
    if (!isAlias(message.bytes)) return;
    connection.isAliasSought = false;
    const name = nameFor(connection, message.bytes);
    if (name === null) return;
    const endpoint = new Int32Array(ENDPOINT_WORDS);
    copyEndpoint(connection.peer, 0, endpoint, 0);
    endpoint[4] = via.port || defaultPort(Transport.tls);
    const offer: Offer = { endpoint, name, keys: [] };
    this.#offers.set(connection, offer);
    this.#claim(connection, offer);
    for (const key of offer.keys) this.#compete(key, connection);
    if (offer.keys.length > 0) this.#onAlias();
  }

  /**
   * Other rules are in force: who is believed by them, and for whom. Who has a key keeps it if it is believed still, and who has ever had
   * one goes before those who have not: its keys may be the same ones by other numbers, or come back after rules without any.
   */
  renew(): void {
    const holders = new Map<string | number, Connection>();
    for (const [connection, { keys }] of this.#offers) {
      for (const key of keys) {
        if (this.#byAddress.get(key) !== connection) continue;
        this.#byAddress.delete(key);
        if (isUsable(connection)) holders.set(key, connection);
      }
    }
    this.#claims.clear();
    for (const [connection, offer] of this.#offers) this.#claim(connection, offer);
    for (const [key, claims] of this.#claims) {
      const holder = holders.get(key);
      const first = [...claims].filter((one) => one.alias !== null && isUsable(one));
      if (holder !== undefined && claims.has(holder)) this.#give(key, holder);
      else for (const one of first.length > 0 ? first : claims) this.#compete(key, one);
    }
  }

  /** Nothing is sent over it any more. */
  forget(connection: Connection): void {
    const offer = this.#offers.get(connection);
    if (offer === undefined) return;
    this.#offers.delete(connection);
    for (const key of offer.keys) {
      const claims = this.#claims.get(key);
      claims?.delete(connection);
      if (claims?.size === 0) this.#claims.delete(key);
      if (this.#byAddress.get(key) !== connection) continue;
      this.#byAddress.delete(key);
      this.vacant(key);
    }
  }

  /** Nobody has this key any more: who has offered its connection last gets it. */
  vacant(key: string | number): void {
    const heir = [...(this.#claims.get(key) ?? [])].findLast((one) => isUsable(one));
    if (heir !== undefined) this.#give(key, heir);
  }

  #claim(connection: Connection, offer: Offer): void {
    const { listener, socket } = connection;
    const who = this.#dials.get(listener)?.secure?.provedBy(socket, offer.name) ?? [];
    offer.keys = who.map((one) => keyOf(listener, offer.endpoint, offer.endpoint[4]!, one));
    for (const key of offer.keys) this.#claims.set(key, (this.#claims.get(key) ?? new Set()).add(connection));
  }

  #compete(key: string | number, connection: Connection): void {
    if (isUsable(connection) && !this.#isKept(key, connection)) this.#give(key, connection);
  }

  /** What is sent to the alias goes over it from now on, and is answered there and lost with it even when it has the key no more. */
  #give(key: string | number, connection: Connection): void {
    this.#byAddress.set(key, connection);
    connection.alias = this.#offers.get(connection)?.endpoint ?? null;
  }

  /** Whether the key stays with who has it: with another certificate it is another server, however alike their names are. */
  #isKept(key: string | number, connection: Connection): boolean {
    const holder = this.#byAddress.get(key);
    if (holder === undefined || !holder.isConnected || !isUsable(holder)) return false;
    return fingerprintOf(holder.socket) !== fingerprintOf(connection.socket);
  }
}

function isUsable(connection: Connection): boolean {
  return connection.isOpen && !connection.isEnding;
}

/**
 * By which name the sender of `via` says that it is where the connection comes from: empty, by that address; null: not at all, as behind a
 * NAT, which nobody can call back by what stands there (RFC 5923 5).
 */
function nameFor(connection: Connection, bytes: Uint8Array): string | null {
  const { hostStart, hostEnd } = via;
  if (hostWords(bytes, hostStart, hostEnd, sentBy, 0)) return sameAddress(sentBy, 0, connection.peer, 0) ? "" : null;
  return Buffer.from(bytes.subarray(hostStart, hostEnd)).toString("latin1").toLowerCase().replace(/\.$/, "");
}

/** Whether `via` is one of TLS and has the parameter `alias`. */
function isAlias(bytes: Uint8Array): boolean {
  if (!equalsIgnoreCase(bytes, via.transportStart, via.transportEnd, TLS)) return false;
  let at = via.hostEnd;
  while (at < via.end && bytes[at] !== 0x3b) at++;
  while (at >= 0 && at < via.end && bytes[at] === 0x3b) {
    at = param.next(bytes, at, via.end);
    if (at >= 0 && param.is(bytes, ALIAS)) return true;
  }
  return false;
}
