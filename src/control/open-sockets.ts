// Opening what the workers receive on, before there are workers.

import type { InheritedSocket } from "../bridge/worker-start.ts";
import type { Config } from "../config/schema.ts";
import { openBell, Ringer } from "../net/bell.ts";
import { type Libc, loadLibc } from "../net/libc.ts";
import type { ListenAddress } from "../net/listen.ts";
import { openPortable, probePorts } from "../net/portable.ts";
import { closeAll, openUdpSockets } from "../net/sockets.ts";
import { reserveTcp } from "../net/tcp-listen.ts";
import { isStream } from "../net/transport.ts";

/** What was opened. */
export interface Opened {
  /** By worker; none for the portable plane, whose workers open their own. */
  readonly sockets: readonly (readonly InheritedSocket[])[];
  /** By worker, then main; none for the portable plane. */
  readonly bells: readonly number[];
  /** By listener. */
  readonly ports: readonly number[];
  /** Bytes granted for the receive buffer; 0: the workers will tell. */
  readonly receiveBuffer: number;
  readonly ring: (bell: number) => void;
  /** Null for the portable plane. */
  readonly libc: Libc | null;
  close(): void;
}

/** The opened, or what went wrong in one sentence. */
export type OpenedResult =
  | { readonly ok: true; readonly opened: Opened }
  | { readonly ok: false; readonly problem: string };

/** What of the configuration they are opened by. */
type Wishes = Pick<Config, "listeners" | "receiveBuffer" | "segmentation">;

/** Opens sockets and bells for `workers` workers. */
export async function openSockets(io: "batched" | "portable", wishes: Wishes, workers: number): Promise<OpenedResult> {
  const places: ListenAddress[] = [];
  for (const listener of wishes.listeners) {
    if (!isStream(listener.transport ?? "udp")) {
      places.push(listener);
      continue;
    }
    if (listener.connectOnly === true && listener.port !== 0) {
      places.push(listener);
      continue;
    }
    // The stream worker will listen there; whether it can is known before anything else is started.
    const reserved = await reserveTcp(listener);
    if (!reserved.ok) return reserved;
    places.push({ ...listener, port: reserved.port });
  }
  if (io === "portable") return reservePorts(places);
  const loaded = loadLibc();
  if (!loaded.ok) return { ok: false, problem: loaded.reason };
  return openBatched(loaded.libc, places, workers, wishes);
}

function openBatched(
  libc: Libc,
  listeners: readonly ListenAddress[],
  workers: number,
  { receiveBuffer, segmentation }: Wishes,
): OpenedResult {
  const result = openUdpSockets(libc, listeners, workers, receiveBuffer, true);
  if (!result.ok) return result;
  const { sockets } = result;
  const bells = Array.from({ length: workers + 1 }, () => openBell(libc));
  const descriptors = [...bells, ...sockets.workers.flat().map(({ fd }) => fd)];
  if (bells.includes(-1)) {
    closeAll(
      libc,
      descriptors.filter((fd) => fd >= 0),
    );
    return { ok: false, problem: "the system gives no eventfd to wake workers by (descriptors used up? ulimit -n)" };
  }
  const ringer = new Ringer(libc);
  return {
    ok: true,
    opened: {
      sockets: sockets.workers.map((own) =>
        own.map((socket) => ({ ...socket, isWithoutTrains: segmentation === "off" })),
      ),
      bells,
      ports: sockets.ports,
      receiveBuffer: sockets.receiveBuffer,
      ring: (bell) => ringer.ring(bell),
      libc,
      close: () => closeAll(libc, descriptors),
    },
  };
}

/** Portable workers bind by themselves and must agree: a port that the system chooses is chosen here. */
async function reservePorts(listeners: readonly ListenAddress[]): Promise<OpenedResult> {
  const problem = await probePorts(listeners);
  if (problem !== "") return { ok: false, problem };
  const ports: number[] = [];
  for (const listener of listeners) {
    if (listener.port !== 0) {
      ports.push(listener.port);
      continue;
    }
    const chosen = await openPortable([listener], { shared: false, receiveBuffer: 0 });
    if (!chosen.ok) return chosen;
    ports.push(chosen.plane.ports[0] ?? 0);
    await chosen.plane.close();
  }
  return { ok: true, opened: { sockets: [], bells: [], ports, receiveBuffer: 0, ring() {}, libc: null, close() {} } };
}
