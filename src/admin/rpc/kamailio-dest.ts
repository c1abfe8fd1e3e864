// One DEST of `dispatcher.list`.
import type { AdminBackend, DestinationView } from "../backend.ts";
import type { StateName } from "../resources.ts";

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

/** The entry; `mode` is `short`, `full` or empty. */
export function destOf(backend: AdminBackend, view: DestinationView, mode: string): object {
  const { uri, priority } = view;
  return {
    URI: uri,
    FLAGS: flagsOf(view),
    PRIORITY: priority,
    ...(mode === "full" ? addressOf(view) : {}),
    ...(mode === "short" ? {} : attributesOf(view)),
    ...latencyOf(backend, view),
    ...(mode === "short" ? {} : { RUNTIME: { DLGLOAD: backend.live.load(view.slot) } }),
  };
}

/** The entry of `dispatcher.oclist`. Nobody tells us rates: they are what a destination has that was never told one. */
export function overloadOf(view: DestinationView, group: string): object {
  const limit = (name: string, usual: number) =>
    /^\d{1,3}$/.test(view.attrs[name] ?? "") ? Number(view.attrs[name]) : usual;
  return {
    group: /^\d{1,9}$/.test(group) ? Number(group) : group,
    uri: view.uri,
    flags: flagsOf(view),
    priority: view.priority,
    ocrate: 0,
    ocidx: 0,
    ocseq: 0,
    octime_sec: 0,
    octime_usec: 0,
    ocmin: limit("ocmin", 0),
    ocmax: limit("ocmax", 100),
  };
}

function flagsOf({ state, isMarked, probe }: DestinationView): string {
  const probing = probe === "never" ? "N" : isMarked && state !== "disabled" && state !== "draining" ? "P" : "X";
  return `${STATE_LETTER[state]}${probing}`;
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

function attributesOf({ attrs, configured, uri, weight, maxCalls, listener }: DestinationView): object {
  const duid = configured === uri ? null : configured;
  const parts = [
    ...(duid === null ? [] : [`duid=${duid}`]),
    ...(maxCalls === 0 ? [] : [`maxload=${maxCalls}`]),
    ...Object.entries(attrs).map(([name, value]) => `${name}=${value}`),
  ];
  if (parts.length === 0 && listener === undefined && weight === 1) return {};
  return {
    ATTRS: {
      BODY: [`weight=${weight}`, ...parts].join(";"),
      DUID: duid,
      MAXLOAD: maxCalls,
      WEIGHT: weight,
      RWEIGHT: 0,
      SOCKET: listener ?? null,
      SOCKNAME: null,
      OBPROXY: null,
    },
  };
}

/** Round trips of probes, in milliseconds. */
function latencyOf({ live }: AdminBackend, { slot }: DestinationView): object {
  const micros = live.latency(slot);
  if (micros <= 0) return {};
  const milliseconds = micros / 1000;
  return { LATENCY: { AVG: milliseconds, EST: milliseconds } };
}
