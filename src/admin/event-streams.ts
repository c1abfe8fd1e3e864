// Events for whoever follows them: server-sent events (HTML Living Standard 9.2). Each client costs a bounded amount of memory: who
// does not read is cut off, and picks up with Last-Event-ID where it was, as far as events are remembered.
import type { ServerResponse } from "node:http";
import { type EventLog, type EventType, eventJson, type RecordedEvent } from "../control/events.ts";

/** Clients at a time. */
export const MOST_CLIENTS = 64;
/** Bytes that may wait for a client when something new comes; one that has more is cut off. */
export const MOST_WAITING = 1_048_576;
const HEARTBEAT_MS = 15_000;

/** A client as the streams know it. */
export interface EventClient {
  readonly response: ServerResponse;
  /** Types that it wants; empty: all. */
  readonly types: readonly EventType[];
  /** As it sent it; empty: it begins now. */
  readonly lastId: string;
  /** Asked at each heartbeat: whether it may still listen. */
  readonly isWelcome: () => boolean;
}

/** All clients. */
export class EventStreams {
  readonly #events: EventLog;
  readonly #clients = new Set<EventClient>();
  #unwatch: () => void = () => undefined;
  readonly #timer: NodeJS.Timeout;

  /** `heartbeat` in milliseconds. */
  constructor(events: EventLog, heartbeat = HEARTBEAT_MS) {
    this.#events = events;
    this.#timer = setInterval(() => this.#beat(), heartbeat);
    this.#timer.unref();
  }

  /** Whether nobody more is let in. */
  get isFull(): boolean {
    return this.#clients.size >= MOST_CLIENTS;
  }

  /** How many listen. */
  get size(): number {
    return this.#clients.size;
  }

  /** Sends everything from now on, and what was missed. The response is the streams' from here on. */
  add(client: EventClient): void {
    const { response, lastId } = client;
    response.on("close", () => this.#leave(client));
    response.on("error", () => this.#leave(client));
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "x-accel-buffering": "no",
    });
    response.write("retry: 2000\n\n");
    const missed = lastId === "" ? [] : this.#events.since(lastId);
    // Who has been away too long reads everything again.
    if (missed === null) response.write("event: lost\ndata: {}\n\n");
    for (const recorded of missed ?? this.#events.remembered)
      if (wants(client, recorded)) response.write(textOf(recorded));
    // Nobody counts loads every second for nobody.
    if (this.#clients.size === 0) this.#unwatch = this.#events.watch((recorded) => this.#tell(recorded), true);
    this.#clients.add(client);
  }

  /** Ends them all. */
  close(): void {
    clearInterval(this.#timer);
    this.#unwatch();
    for (const { response } of this.#clients) response.end();
    this.#clients.clear();
  }

  #tell(recorded: RecordedEvent): void {
    const text = textOf(recorded);
    for (const client of this.#clients) if (wants(client, recorded)) this.#send(client, text);
  }

  #send(client: EventClient, text: string): void {
    const { response } = client;
    // What is being sent now does not count: who reads gets an event of any size.
    if (response.writableLength <= MOST_WAITING) response.write(text);
    else {
      this.#leave(client);
      response.destroy();
    }
  }

  #leave(client: EventClient): void {
    if (this.#clients.delete(client) && this.#clients.size === 0) this.#unwatch();
  }

  #beat(): void {
    for (const client of this.#clients) {
      if (client.isWelcome()) this.#send(client, ": still here\n\n");
      else client.response.end();
    }
  }
}

function wants({ types }: EventClient, { event }: RecordedEvent): boolean {
  return types.length === 0 || types.includes(event.type);
}

/** JSON has no line breaks of its own. */
function textOf(recorded: RecordedEvent): string {
  const id = recorded.id === null ? "" : `id: ${recorded.id}\n`;
  return `${id}event: ${recorded.event.type}\ndata: ${JSON.stringify(eventJson(recorded))}\n\n`;
}
