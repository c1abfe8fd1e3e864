// Cases as datagrams.
import type { Peer } from "../../src/ua/transport.ts";
import { type Hearing, Listener } from "./listener.ts";
import { portOfVia, SIP_PORT } from "./via-port.ts";
import type { Wire, WireOpening } from "./wire.ts";

/** One socket per port that answers may go to. */
export class DatagramWire implements Wire {
  readonly via = "UDP";
  readonly local: Peer;
  readonly #to: Peer;
  readonly #hearing: Hearing;
  readonly #listeners: Map<number, Listener> = new Map();

  private constructor({ from, to, hearing }: WireOpening) {
    this.local = { address: from, port: SIP_PORT };
    this.#to = to;
    this.#hearing = hearing;
  }

  static async open(opening: WireOpening): Promise<DatagramWire> {
    const wire = new DatagramWire(opening);
    await wire.#listenOn(SIP_PORT);
    return wire;
  }

  /** Listens at the port of the case's Via, unless it has rport. */
  async prepare(bytes: Buffer): Promise<void> {
    const port = portOfVia(bytes);
    if (port > 0 && port < 65_536 && !this.#listeners.has(port)) await this.#listenOn(port);
  }

  async sendCase(bytes: Buffer): Promise<number> {
    await this.sendCall(bytes);
    return 1;
  }

  sendCall(bytes: Buffer): Promise<void> {
    return this.#listeners.get(SIP_PORT)!.send(bytes, this.#to);
  }

  close(): void {
    for (const listener of this.#listeners.values()) listener.close();
  }

  async #listenOn(port: number): Promise<void> {
    this.#listeners.set(port, await Listener.open({ address: this.local.address, port }, this.#hearing));
  }
}
