// Where the stream worker listens: behind an accept filter where C functions can be called, else with servers of Node's.
import { createServer, type Socket } from "node:net";
import type { StreamListener } from "../bridge/stream-start.ts";
import type { Libc } from "../net/libc.ts";
import { closeLeft } from "../net/sockets.ts";
import { listenTcp } from "../net/tcp-listen.ts";
import type { TcpPatience } from "../net/tcp-patience.ts";
import { isSecure, Transport } from "../net/transport.ts";
import type { FilteredListener } from "./filter-handler.ts";
import { listenForFilter } from "./filtered.ts";
import { FirstWords } from "./first-words.ts";

/**
 * Listens for an accept filter, on what `listening` (by place among `listeners`; 0: nothing) has of a stream worker before us, else on new
 * sockets, which are left there in turn. Connections are kept alive after `keepalive` milliseconds. Resolves with what went wrong in
 * one sentence where one is not possible: then nobody listens.
 */
export async function listenFiltered(
  libc: Libc,
  listeners: readonly StreamListener[],
  keepalive: number,
  listening: Int32Array,
  patience: TcpPatience | undefined,
): Promise<readonly FilteredListener[] | string> {
  const filtered: FilteredListener[] = [];
  for (const [place, listener] of listeners.entries()) {
    if (listener.connectOnly === true) continue;
    if (listening[place] === 0) {
      const fd = await listenForFilter(libc, listener, keepalive, (server) => patience?.set(server));
      if (typeof fd === "string") {
        closeLeft(libc, listening);
        return fd;
      }
      listening[place] = fd;
    }
    filtered.push({ index: listener.index, fd: listening[place]!, words: firstWordsOf(listener) });
  }
  return filtered;
}

/**
 * Listens with servers of Node's, and gives whoever connects to `knock`, with the index of the listener among all. Connections are kept
 * alive as above. Resolves with "", or with what went wrong in one sentence.
 */
export async function listenPlainly(
  listeners: readonly StreamListener[],
  keepalive: number,
  knock: (listener: number, socket: Socket) => void,
): Promise<string> {
  for (const listener of listeners) {
    if (listener.connectOnly === true) continue;
    const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: keepalive };
    const server = createServer(options, (socket) => knock(listener.index, socket));
    const problem = await listenTcp(server, listener);
    if (problem !== "") return problem;
  }
  return "";
}

function firstWordsOf({ transport, web }: StreamListener): FirstWords {
  if (isSecure(Transport[transport])) return FirstWords.tls;
  return web === undefined ? FirstWords.sip : FirstWords.http;
}
