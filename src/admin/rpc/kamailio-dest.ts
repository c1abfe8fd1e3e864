// One DEST of `dispatcher.list`.
import type { AdminBackend, DestinationView } from "../backend.ts";
import type { StateName } from "../resources.ts";
import { attributeText, socketOf } from "./own-words.ts";

/** First letter of FLAGS. What drains takes no new calls, which Kamailio knows as disabled; what stands by is well. */
const STATE_LETTER: Readonly<Record<StateName, string>> = {
  active: "A",
  trying: "T",
  inactive: "I",
  disabled: "D",
  draining: "D",
  standby: "A",
  resting: "I",
  ejected: "I",
};
/** Kamailio's numbers of transports. */
const PROTOCOLS: Readonly<Record<string, number>> = { udp: 1, tcp: 2, tls: 3, sctp: 4, ws: 5, wss: 6 };

/** The entry; `at` is its place in its set, from 0, and `mode` is `short`, `full` or empty. */
export function destOf(backend: AdminBackend, view: DestinationView, at: number, mode: string): object {
  const { set, configured, uri, priority } = view;
  return {
    IDX: at,
    URI: uri,
    FLAGS: flagsOf(view),
    PRIORITY: priority,
    // No other has it, and it is the same after a restart.
    IUID: `${set}/${configured}`,
    ...(mode === "full" ? { ...addressOf(view), ...overloadIn(backend, view) } : {}),
    ...(mode === "short" ? {} : attributesOf(backend, view, mode === "full")),
    ...latencyOf(backend, view),
    ...(mode === "short" ? {} : { RUNTIME: { DLGLOAD: backend.live.load(view.slot) } }),
  };
}

/** The entry of `dispatcher.oclist`. */
export function overloadOf(backend: AdminBackend, view: DestinationView, group: string): object {
  const { OCRATE, OCIDX, OCSEQ, OCTIME_SEC, OCTIME_USEC } = overloadIn(backend, view);
  const { OCMIN, OCMAX } = overloadLimits(view);
  return {
    group: /^\d{1,9}$/.test(group) ? Number(group) : group,
    uri: view.uri,
    flags: flagsOf(view),
    priority: view.priority,
    ocrate: OCRATE,
    ocidx: OCIDX,
    ocseq: OCSEQ,
    octime_sec: OCTIME_SEC,
    octime_usec: OCTIME_USEC,
    ocmin: OCMIN,
    ocmax: OCMAX,
  };
}

/** What it has said last of its overload, or as long as it has not, what its attribute `ocrate` says; the time is when that ends, on a clock that counts from the start of the machine. */
function overloadIn({ live }: AdminBackend, { slot, attrs }: DestinationView) {
  const { rate, turn, sequence, until } = live.shed.shown(slot);
  const isTold = sequence !== 0 || until !== 0;
  return {
    OCRATE: isTold ? rate : percentOf(attrs.ocrate, 0),
    OCIDX: turn,
    OCSEQ: sequence,
    OCTIME_SEC: Math.trunc(until / 1000),
    OCTIME_USEC: (until % 1000) * 1000,
  };
}

function overloadLimits({ attrs }: DestinationView) {
  return { OCMIN: percentOf(attrs.ocmin, 0), OCMAX: percentOf(attrs.ocmax, 100) };
}

function percentOf(text: string | undefined, usual: number): number {
  return /^\d{1,3}$/.test(text ?? "") ? Number(text) : usual;
}

/** A pause of its own is N; that of all at once leaves the flags alone, as there. */
function flagsOf({ state, isMarked, probe, isPaused }: DestinationView): string {
  const mark =
    probe === "never" || isPaused ? "N" : isMarked && state !== "disabled" && state !== "draining" ? "P" : "X";
  return `${STATE_LETTER[state]}${mark}`;
}

function addressOf({ host, address, port, transport, uri }: DestinationView): object {
  // Kamailio says 0 where the URI names no transport.
  const isNamed = /;transport=/i.test(uri) || /^sips:/i.test(uri);
  return {
    HOST: host,
    IPADDR: address,
    PORT: port,
    PROTOID: isNamed ? (PROTOCOLS[transport] ?? 0) : 0,
    DNSTIME_SEC: 0,
    DNSTIME_USEC: 0,
  };
}

/** `isWhole`: also where there are none. */
function attributesOf(backend: AdminBackend, view: DestinationView, isWhole: boolean): object {
  const { attrs, configured, uri, weight, maxCalls, listener, resultsInRow } = view;
  const { probeListener, probeFrom } = view.probed ?? {};
  const socket = listener === undefined ? null : socketOf(backend, listener);
  const pingSocket = probeListener === undefined ? null : socketOf(backend, probeListener);
  const duid = configured === uri ? null : configured;
  const rweight = rweightOf(attrs);
  // What is the default, or was told as `rweight`, nobody has written.
  const isWritten = weight !== 1 && weight !== rweight;
  const parts = [
    ...(isWritten ? [`weight=${weight}`] : []),
    ...(duid === null ? [] : [`duid=${duid}`]),
    ...(maxCalls === 0 ? [] : [`maxload=${maxCalls}`]),
    ...(socket === null ? [] : [`socket=${socket}`]),
    ...(pingSocket === null ? [] : [`ping_socket=${pingSocket}`]),
    ...(probeFrom === undefined ? [] : [`ping_from=${probeFrom}`]),
    ...(Object.keys(attrs).length === 0 ? [] : [attributeText(attrs)]),
  ];
  if (!isWhole && parts.length === 0) return {};
  return {
    ATTRS: {
      BODY: parts.join(";"),
      DUID: duid,
      PROBING_COUNT: resultsInRow,
      MAXLOAD: maxCalls,
      WEIGHT: weight,
      RWEIGHT: rweight,
      SOCKET: socket,
      SOCKNAME: null,
      PING_SOCKET: pingSocket,
      OBPROXY: attrs.obproxy ?? null,
      ...overloadLimits(view),
    },
  };
}

/** As written; what is out of range counts as 0 there. */
function rweightOf({ rweight = "" }: Readonly<Record<string, string>>): number {
  const number = /^\d{1,3}$/.test(rweight) ? Number(rweight) : 0;
  return number <= 100 ? number : 0;
}

/** Round trips of probes, in milliseconds. */
function latencyOf({ live }: AdminBackend, { slot, roundTrips }: DestinationView): object {
  const micros = live.latency(slot);
  const { deviation = 0, most = 0, timeouts = 0 } = roundTrips ?? {};
  if (micros <= 0 && timeouts === 0) return {};
  return {
    LATENCY: {
      AVG: live.latencies.usually(slot) / 1000,
      STD: deviation,
      EST: micros / 1000,
      MAX: most,
      TIMEOUT: timeouts,
    },
  };
}
