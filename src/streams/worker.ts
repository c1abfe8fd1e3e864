// The stream worker: a thread with an event loop that owns all connections. It frames, and knows nothing else of SIP; what a
// message means is decided by the worker that owns its call.
import type { Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { RecordKind, type Ring } from "../bridge/handoff.ts";
import {
  descriptorsOf,
  type FromStreams,
  type StreamCounter,
  type StreamListener,
  type StreamStart,
  StreamWord,
  serialAt,
  type ToStreams,
} from "../bridge/stream-start.ts";
import type { TlsState } from "../bridge/tls-state.ts";
import { CONTROL_WORDS, ControlWord } from "../bridge/worker-start.ts";
import { Ringer } from "../net/bell.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { type Libc, loadLibc } from "../net/libc.ts";
import { closeLeft } from "../net/sockets.ts";
import { TcpPatience } from "../net/tcp-patience.ts";
import { threadNumber } from "../net/thread-number.ts";
import { isSecure, Transport } from "../net/transport.ts";
import { AcceptFilter } from "./accept-filter.ts";
import { Admission } from "./admission.ts";
import { Connections } from "./connections.ts";
import type { Dial } from "./dial.ts";
import { Exchange } from "./exchange.ts";
import { FirstWords } from "./first-words.ts";
import { Gate } from "./gate.ts";
import { Handshakes } from "./handshakes.ts";
import { HeldGuests } from "./held-guests.ts";
import { becomeSlow } from "./injected-fault.ts";
import { Lateness, LOOK } from "./lateness.ts";
import { listenFiltered, listenPlainly } from "./listeners.ts";
import { Notes } from "./notes.ts";
import { NOBODY, Proxied } from "./proxied.ts";
import { type HandshakeFault, type HandshakeHandler, Secure } from "./secure.ts";

const start = workerData as StreamStart;
const words = new Int32Array(start.words);
const control = new Int32Array(start.control);
/** What stays open when a stream worker is gone, and is there for the next one. */
const left = descriptorsOf(start);
const HEARTBEAT = 100;
/** How long TCP asks for a sign of life: ten times, once a second (libuv). Who acknowledges nothing has as long altogether. */
const AFTER_KEEPALIVE = 10_000;
/** What was sent last has so long to leave, in milliseconds. */
const LAST_WORDS = 50;

function tell(message: FromStreams): void {
  parentPort?.postMessage(message);
}

/** Rings the bells of batched workers itself, and asks main to wake portable ones. */
function waker(libc: Libc | null): (worker: number) => void {
  const isAsleep = (worker: number) => Atomics.load(control, worker * CONTROL_WORDS + ControlWord.sleeping) !== 0;
  if (libc === null) {
    return (worker) => {
      if (isAsleep(worker)) tell({ kind: "wake", worker });
    };
  }
  const ringer = new Ringer(libc);
  return (worker) => {
    if (isAsleep(worker)) ringer.ring(start.bells[worker]!);
  };
}

const caller = new Int32Array(ENDPOINT_WORDS);

/** For whom a message is to be sent; good until it is asked again. */
function callerOf({ local, time }: Ring): Int32Array {
  if (time === 0) return NOBODY;
  caller.set(local);
  caller[4] = time;
  return caller;
}

function drain(exchange: Exchange, connections: Connections): boolean {
  const hasMore = exchange.drain((worker, ring) => {
    const { listener, peer, bytes, start: from, end } = ring;
    if (ring.kind === RecordKind.dial) connections.dial(listener, peer, ring.time, ring.local[0]!);
    else connections.send(worker, listener, peer, bytes, from, end, callerOf(ring));
  });
  connections.flush();
  return hasMore;
}

async function serve(exchange: Exchange, connections: Connections): Promise<never> {
  for (;;) {
    const hasMore = drain(exchange, connections);
    if (hasMore) await new Promise((resolve) => setImmediate(resolve));
    else await exchange.sleep();
  }
}

/** What WebSockets need, a library and all of Node's HTTP with it: loaded only where a listener is one of them. */
async function loadWeb() {
  if (!start.listeners.some(({ web }) => web !== undefined)) return null;
  const [{ WebSocketDoors }, { carryWeb }] = await Promise.all([
    import("./websocket-doors.ts"),
    import("./websocket-client.ts"),
  ]);
  return { WebSocketDoors, carryWeb };
}

type Web = Awaited<ReturnType<typeof loadWeb>>;

function dialOf(listener: StreamListener, secure: Secure, patience: TcpPatience | undefined, web: Web): Dial {
  const from = /^[0:.]+$/.test(listener.host) ? undefined : listener.host;
  const path = listener.web && (listener.web.path || "/");
  const carryWeb: Dial["carryWeb"] =
    path === undefined || web === null
      ? undefined
      : (socket, peer, view, name) => web.carryWeb(socket, peer, path, view, name);
  const { keepalive } = start.limits;
  return { from, carryWeb, keepalive, patience, secure: isSecure(Transport[listener.transport]) ? secure : undefined };
}

/** TLS, and what there is to say about it; `onSecured` gets those who have shown what they had to. */
function handshakeHandler(
  onFault: (fault: HandshakeFault) => void,
  onSecured: HandshakeHandler["secured"],
): HandshakeHandler {
  const notes = new Notes(
    ({ what, fields }) => tell({ kind: "note", what, fields }),
    () => performance.now(),
  );
  return {
    secured: onSecured,
    failed(listener, fault, address, why) {
      onFault(fault);
      // That is how load balancers and monitors see, all day, whether anybody listens.
      if (fault === "handshake_not_begun") return;
      notes.tell(`${listener} ${fault} ${why}`, { what: "a handshake failed", fields: { fault, address, why } });
    },
    refused({ address, host, why, isUnverified }) {
      const what = isUnverified ? "a destination did not prove who it is" : "no TLS with a destination";
      notes.tell(`${address} ${host} ${why}`, { what, fields: { address, expected: host, why } });
    },
  };
}

function adopt(secure: Secure, tls: TlsState): string {
  try {
    secure.adopt(tls);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function main(): Promise<void> {
  const web = await loadWeb();
  const loaded = start.io === "batched" ? loadLibc() : null;
  const libc = loaded?.ok === true ? loaded.libc : null;
  const patience = libc === null ? undefined : new TcpPatience(libc, start.limits.keepalive + AFTER_KEEPALIVE);
  const exchange = new Exchange(start, words, waker(libc));
  words[StreamWord.connections] = 0;
  words[StreamWord.delay] = 0;
  words[StreamWord.unsecured] = 0;
  words[StreamWord.unheard] = 0;
  words[StreamWord.thread] = threadNumber();
  // Those of a stream worker before us are gone.
  words.fill(0, serialAt(0));
  let filter: AcceptFilter | null = null;
  const admission = new Admission(start.limits, start.policy);
  const countUp = (name: StreamCounter) => connections.countUp(name);
  // Those that are no connections yet: the ones of WebSocket that are held are handshakes under way.
  const waiting = () =>
    secure.count +
    (upgrades?.count ?? 0) +
    (filter === null ? 0 : filter.countOf(FirstWords.sip) + filter.countOf(FirstWords.tls));
  const gate = new Gate({
    limits: start.limits,
    admission,
    fullness: (others, isTrusted) => connections.fullness(others + waiting(), isTrusted),
    countUp,
  });
  const handler = handshakeHandler(countUp, (index, socket) => enter(index, socket));
  const secure = new Secure(start.limits.handshakeTimeout, new Handshakes(start.limits, gate), handler);
  const proxied = new Proxied();
  proxied.adopt(start.policy);
  const dials = new Map(
    start.listeners.map((listener) => [listener.index, dialOf(listener, secure, patience, web)] as const),
  );
  const connections = new Connections(exchange, start.limits, words, dials, gate, proxied);
  connections.knownCallers.adopt(start.policy);
  const { handshakeTimeout } = start.limits;
  const upgrades = web && new Handshakes(start.limits, gate);
  const doors = web && upgrades && new web.WebSocketDoors(connections, handshakeTimeout, upgrades, gate);
  const entrances = new Map<number, (socket: Socket, spent: number) => void>();
  const enter = (index: number, socket: Socket, spent = 0) => entrances.get(index)?.(socket, spent);
  const secured = new Set(
    start.listeners.filter(({ transport }) => isSecure(Transport[transport])).map(({ index }) => index),
  );
  const admit = (index: number, socket: Socket, spent = 0) =>
    secured.has(index) ? secure.accept(index, socket, spent) : enter(index, socket, spent);
  secure.adopt(start.tls);
  for (const { index, web: served } of start.listeners) {
    const door = served && doors?.add(index, served);
    entrances.set(index, (socket, spent) =>
      door === undefined ? connections.accept(index, socket, spent) : door.knock(socket),
    );
  }
  const { listeners, limits } = start;
  let problem = "";
  if (libc === null) {
    problem = await listenPlainly(listeners, limits.keepalive, (index, socket) =>
      gate.knock(index, socket, (one) => admit(index, one)),
    );
  } else {
    const filtered = await listenFiltered(libc, listeners, limits.keepalive, left.listening, patience);
    if (typeof filtered === "string") problem = filtered;
    else {
      const guests = new HeldGuests({ libc, admission, gate, upgrades, countUp, failed: handler.failed, admit });
      filter = new AcceptFilter(libc, left.held, filtered, limits, guests);
    }
  }
  if (problem !== "") {
    tell({ kind: "failed", what: problem });
    return;
  }
  setInterval(() => Atomics.add(words, StreamWord.heartbeat, 1), HEARTBEAT);
  const lateness = new Lateness(performance.now());
  setInterval(() => {
    Atomics.store(words, StreamWord.delay, lateness.look(performance.now()));
    Atomics.store(words, StreamWord.unsecured, secure.count + (filter?.countOf(FirstWords.tls) ?? 0));
    Atomics.store(words, StreamWord.unheard, filter?.countOf(FirstWords.sip) ?? 0);
  }, LOOK);
  // Whoever still waits for an answer over a connection of the stream worker before us waits in vain.
  if (start.isRestart) exchange.tellAllLost();
  parentPort?.on("message", (message: ToStreams) => {
    if (message.kind === "slow") {
      becomeSlow(() => performance.now());
      return;
    }
    if (message.kind === "policy") {
      admission.adopt(message.policy);
      proxied.adopt(message.policy);
      connections.knownCallers.adopt(message.policy);
      connections.intake.shares.renew();
      return;
    }
    if (message.kind === "tls") {
      tell({ kind: "secured", number: message.number, problem: adopt(secure, message.tls) });
      connections.aliases.renew();
      return;
    }
    while (drain(exchange, connections));
    if (libc !== null) {
      filter?.end();
      closeLeft(libc, left.held);
      closeLeft(libc, left.listening);
    }
    connections.leave();
    setTimeout(() => process.exit(), LAST_WORDS);
  });
  tell({ kind: "listening" });
  await serve(exchange, connections);
}

await main();
