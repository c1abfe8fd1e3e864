// A connection to the event socket of a FreeSWITCH for its heartbeats, made again whenever it is lost, with growing pauses.
import { connect, type Socket } from "node:net";
import { type EventSocket, formatEventSocket } from "../config/values/event-socket.ts";
import { type EventBlock, EventSocketReader, readHeaders } from "./event-socket-reader.ts";
import { type Heartbeat, readHeartbeat } from "./freeswitch-capacity.ts";
import type { Log } from "./log.ts";

/** How long what may take; milliseconds. */
export interface EventSocketTimes {
  /** From connecting to being subscribed. */
  readonly login: number;
  /** Without a heartbeat, what the last one said is void, and the connection is made anew. */
  readonly silence: number;
  /** Before the second attempt; each further one doubles it. */
  readonly firstPause: number;
  readonly longestPause: number;
}

/** Three of FreeSWITCH's usual intervals between heartbeats are 60 s. */
export const USUAL_TIMES: EventSocketTimes = {
  login: 5_000,
  silence: 60_000,
  firstPause: 1_000,
  longestPause: 30_000,
};

/** What a connection needs. */
export interface EventSocketContext {
  /** Takes every heartbeat, and null when there was none for too long. */
  readonly told: (heartbeat: Heartbeat | null) => void;
  readonly log: Log;
  /** 0 to 1. */
  readonly random: () => number;
  readonly times: EventSocketTimes;
}

/** Between two portions of what it says, of 64 KiB at most; milliseconds. */
const BREATH = 50;

/** How far a connection is: what it waits for. */
const Step = { request: 0, login: 1, subscription: 2, events: 3 } as const;
type Step = (typeof Step)[keyof typeof Step];

/** Follows one event socket from its construction until `stop`. */
export class EventSocketClient {
  readonly #place: EventSocket;
  readonly #context: EventSocketContext;
  #socket: Socket | null = null;
  #reader = new EventSocketReader();
  #step: Step = Step.request;
  #attempts = 0;
  /** Whether people know that it cannot be heard. */
  #isLost = false;
  /** Ends the connection, or the pause before the next one. */
  #timer: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;

  constructor(place: EventSocket, context: EventSocketContext) {
    this.#place = place;
    this.#context = context;
    this.#connect();
  }

  /** Hangs up. */
  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#socket?.destroy();
    this.#socket = null;
  }

  #connect(): void {
    const { host, port } = this.#place;
    this.#reader = new EventSocketReader();
    this.#step = Step.request;
    const socket = connect({ host, port, noDelay: true });
    this.#socket = socket;
    this.#endAfter(this.#context.times.login, "it took too long to let us in");
    socket.on("data", (chunk) => {
      if (this.#socket !== socket || typeof chunk === "string") return;
      const fault = this.#reader.push(chunk, (block) => {
        if (this.#socket === socket) this.#take(socket, block);
      });
      if (fault !== "" && this.#socket === socket) this.#lose(fault);
      // Heartbeats come one by one; who talks without end has to wait for us, and not we for it.
      socket.pause();
      setTimeout(() => socket.resume(), BREATH);
    });
    socket.on("error", (error) => {
      if (this.#socket === socket) this.#lose("code" in error ? String(error.code) : "the connection failed");
    });
    socket.on("close", () => {
      if (this.#socket === socket) this.#lose("it hung up");
    });
  }

  #take(socket: Socket, { headers, body }: EventBlock): void {
    const type = headers.get("content-type");
    if (type === "auth/request" && this.#step === Step.request) {
      const { user, password } = this.#place;
      const login = user === "" ? `auth ${password.reveal()}` : `userauth ${user}:${password.reveal()}`;
      socket.write(`${login}\n\n`);
      this.#step = Step.login;
    } else if (type === "command/reply") this.#reply(socket, headers.get("reply-text")?.startsWith("+OK") === true);
    else if (type === "text/event-plain" && this.#step === Step.events) this.#event(readHeaders(body));
    else if (type === "text/rude-rejection") this.#lose("its access list does not have us");
  }

  #reply(socket: Socket, isOk: boolean): void {
    if (this.#step === Step.login && isOk) {
      socket.write("event plain HEARTBEAT\n\n");
      this.#step = Step.subscription;
    } else if (this.#step === Step.subscription && isOk) {
      this.#step = Step.events;
      this.#endAfter(this.#context.times.silence, "no heartbeat");
    } else if (!isOk) this.#lose(this.#step === Step.login ? "it refused the login" : "it refused the subscription");
  }

  #event(headers: ReadonlyMap<string, string>): void {
    if (headers.get("event-name") !== "HEARTBEAT") return;
    const heartbeat = readHeartbeat(headers);
    if (heartbeat === null) this.#lose("a heartbeat without usable figures");
    else this.#heard(heartbeat);
  }

  #heard(heartbeat: Heartbeat): void {
    const { told, log, times } = this.#context;
    if (this.#isLost) log.info({ eventSocket: this.#shown }, "an event socket is heard again");
    this.#isLost = false;
    this.#attempts = 0;
    this.#endAfter(times.silence, "no heartbeat");
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => told(null), times.silence);
    told(heartbeat);
  }

  #endAfter(time: number, why: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lose(why), time);
  }

  /** Gives the connection up, and makes another one after a pause. */
  #lose(why: string): void {
    const { log, random, times } = this.#context;
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
    if (!this.#isLost) log.warn({ eventSocket: this.#shown, why }, "an event socket is not heard");
    this.#isLost = true;
    const pause = Math.min(times.longestPause, times.firstPause * 2 ** Math.min(this.#attempts++, 20));
    clearTimeout(this.#timer);
    // Not all at once, where many were lost together.
    this.#timer = setTimeout(() => this.#connect(), pause * (0.5 + random() / 2));
  }

  get #shown(): string {
    return formatEventSocket(this.#place);
  }
}
