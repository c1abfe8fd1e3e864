// Connections that somebody made to us and that carry what we send there as well (RFC 5923): only where both ends have proved who they are,
// only to the address that the connection comes from, and only for names that the client's certificate has.
import { copyEndpoint, ENDPOINT_WORDS } from "../net/endpoint.ts";
import { defaultPort, Transport } from "../net/transport.ts";
import { Header } from "../sip/header.ts";
import type { Message } from "../sip/message.ts";
import { Param } from "../sip/param.ts";
import { ascii, equalsIgnoreCase } from "../sip/scan.ts";
import { Via } from "../sip/via.ts";
import type { Connection } from "./connection.ts";
import { keyOf } from "./connection-key.ts";

const ALIAS = ascii("alias");
const TLS = ascii("tls");
const param = new Param();
const via = new Via();

/** The keys of such connections, in the table that holds those of all others, too. */
export class Aliases {
  readonly #byAddress: Map<string | number, Connection>;
  readonly #provedBy: (connection: Connection) => readonly number[];
  readonly #onAlias: () => void;

  /** `provedBy`: whom a client has proved to be, by the numbers of bridge/tls-state.ts; `onAlias` hears of each that may be used. */
  constructor(
    byAddress: Map<string | number, Connection>,
    provedBy: (connection: Connection) => readonly number[],
    onAlias: () => void,
  ) {
    this.#byAddress = byAddress;
    this.#provedBy = provedBy;
    this.#onAlias = onAlias;
  }

  /** The headers of a message have come over a connection that may ask to be used. */
  look(connection: Connection, message: Message): void {
    const start = message.valueStart[Header.via]!;
    // Where a message ends is known without its Via, so nobody has read that yet.
    if (!message.isRequest || start < 0 || !via.reset(message.bytes, start, message.valueEnd[Header.via]!)) return;
    if (!isAlias(message.bytes)) return;
    connection.isAliasSought = false;
    const alias = new Int32Array(ENDPOINT_WORDS);
    copyEndpoint(connection.peer, 0, alias, 0);
    alias[4] = via.port || defaultPort(Transport.tls);
    const keys = this.#provedBy(connection).map((who) => keyOf(connection.listener, alias, alias[4]!, who));
    if (keys.length === 0) return;
    connection.alias = alias;
    connection.aliasKeys = keys;
    for (const key of keys) this.#byAddress.set(key, connection);
    this.#onAlias();
  }

  /** Nothing is sent over it any more. */
  forget(connection: Connection): void {
    for (const key of connection.aliasKeys) if (this.#byAddress.get(key) === connection) this.#byAddress.delete(key);
  }
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
