// The generator's UDP sockets: the product's own receivers and senders.
import { Inbox, Outbox } from "../../src/net/batch.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../../src/net/endpoint.ts";
import type { Libc } from "../../src/net/libc.ts";
import { noCounts } from "../../src/net/plane.ts";
import { ReceiveMemory, Receiver } from "../../src/net/receiver.ts";
import { Refusals } from "../../src/net/refusals.ts";
import { RefusedPeers } from "../../src/net/refused-peers.ts";
import { Sender } from "../../src/net/sender.ts";
import { openUdpSockets } from "../../src/net/sockets.ts";
import { UdpSocket } from "../../src/net/udp-socket.ts";
import { CALLER_HOST, DESTINATION_HOSTS } from "./messages.ts";
import type { CallerSource, DestinationSource, Wire } from "./wire.ts";

const CALLERS = 4;
const BUFFER = 1 << 24;

/** Opens everything, `hosts` being those of the destinations; throws when an address is taken. */
export function openDatagrams(
  libc: Libc,
  balancerPort: number,
  destinationPort: number,
  destinationHosts: readonly string[] = DESTINATION_HOSTS,
): Wire {
  const hosts = Array.from({ length: CALLERS }, () => ({ host: CALLER_HOST, port: 0 }));
  const opened = openUdpSockets(
    libc,
    [...hosts, ...destinationHosts.map((host) => ({ host, port: destinationPort }))],
    1,
    BUFFER,
  );
  if (!opened.ok) throw new Error(opened.problem);
  const sockets = opened.sockets.workers[0]!.map((socket) => new UdpSocket(libc, { ...socket, isWithoutTrains: true }));
  const counts = noCounts();
  const inbox = new Inbox();
  const memory = new ReceiveMemory(libc, inbox);
  const outbox = new Outbox((full) => sender.send(full));
  const sender = new Sender(libc, sockets, outbox, counts, new Refusals(), new RefusedPeers());
  const callers: CallerSource[] = [];
  const destinations: DestinationSource[] = [];
  for (const [i, socket] of sockets.entries()) {
    const receiver = new Receiver(libc, socket, inbox, memory, counts);
    const receive = () => receiver.receive();
    if (i < CALLERS) callers.push({ socket: i, port: socket.port, receive });
    else destinations.push({ socket: i, destination: i - CALLERS, receive });
  }
  const balancer = new Int32Array(ENDPOINT_WORDS);
  parseEndpoint("127.0.0.1", balancerPort, balancer, 0);
  return { transport: "udp", inbox, outbox, callers, destinations, balancer };
}
