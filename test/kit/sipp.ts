// The real SIPp as a peer: callers and servers as child processes, their figures read from the statistics they write.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Peer } from "../../src/ua/transport.ts";
import { type ReservedPort, reservePort } from "./port.ts";
import { parseSippLog, type SippMessage } from "./sipp-log.ts";
import { until } from "./wait.ts";

/** Where Debian installs it. */
export const SIPP = "/usr/bin/sipp";
const FIRST_PORT = 27_000;
/** A SIPp has one port for SIP, one for its control, and from the third on some for media that it never sends. */
const PORTS = 10;
/** Bytes of its socket buffers. The 64 KiB that it takes by itself lose answers when those of half a second come at once. */
const BUFFER = 4 << 20;

/** Why tests with SIPp cannot run on this machine, or false. */
export function whyNoSipp(): string | false {
  return existsSync(SIPP) ? false : `${SIPP} is not installed (apt install sip-tester)`;
}

/** Whether the full numbers are asked for, which take half an hour; otherwise minutes. */
export const isLong: boolean = process.env.FAIRLEAD_LONG === "1";

/** What SIPp has counted since it began. */
export interface SippFigures {
  /** Calls placed, or taken. */
  readonly calls: number;
  readonly successful: number;
  readonly failed: number;
  /** Calls that failed because of a message that the scenario does not expect. */
  readonly unexpected: number;
  /** Messages for calls that SIPp does not know, or no longer. */
  readonly strays: number;
  readonly retransmissions: number;
  /** Calls in progress. */
  readonly current: number;
}

/** Options of a caller. */
export interface CallerOptions {
  /** Calls to place. */
  readonly calls: number;
  /** Calls per second. */
  readonly rate: number;
  /** How long each call lasts, milliseconds. */
  readonly duration?: number;
  /** XML of a scenario; default: the built-in `uac`. */
  readonly scenario?: string;
  /** More arguments. */
  readonly more?: readonly string[];
}

/** Options of a server. */
export interface ServerOptions {
  /** One that has ended and whose port this one takes. */
  readonly instead?: Sipp;
  /** XML of a scenario; default: the built-in `uas`. */
  readonly scenario?: string;
  /** More arguments. */
  readonly more?: readonly string[];
}

/** A running SIPp. */
export class Sipp {
  readonly port: number;
  /** Exit code or the name of the signal; undefined while it runs. */
  exit: number | string | undefined;
  #child: ChildProcess;
  #folder: string;
  #reserved: ReservedPort | undefined;
  #output = "";

  private constructor(reserved: ReservedPort, args: readonly string[], files: Readonly<Record<string, string>>) {
    this.#folder = mkdtempSync(join(tmpdir(), "fairlead-sipp-"));
    this.#reserved = reserved;
    this.port = reserved.port;
    const [local, control, media] = [0, 1, 2].map((i) => String(this.port + i));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.#folder, name), text);
    const own = [
      "-i",
      "127.0.0.1",
      "-bind_local",
      "-p",
      local!,
      "-cp",
      control!,
      "-mp",
      media!,
      "-nostdin",
      "-buff_size",
      `${BUFFER}`,
    ];
    const traces = ["-trace_stat", "-stf", "stat.csv", "-fd", "1", "-trace_err", "-error_file", "errors.log"];
    const child = spawn(SIPP, [...args, ...own, ...traces], {
      cwd: this.#folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, TERM: "dumb" },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-8000);
      });
    }
    child.on("exit", (code, signal) => {
      this.exit = signal ?? code ?? 0;
    });
  }

  /** The built-in `uac`, or a scenario, calling `peer`. */
  static async caller(peer: Peer, options: CallerOptions): Promise<Sipp> {
    const { calls, rate, duration = 0, scenario, more = [] } = options;
    const what = scenario === undefined ? ["-sn", "uac"] : ["-sf", "scenario.xml"];
    const load = ["-m", String(calls), "-r", String(rate), "-l", String(calls), "-d", String(duration)];
    const files: Record<string, string> = scenario === undefined ? {} : { "scenario.xml": scenario };
    const remote = `${peer.address}:${peer.port}`;
    return new Sipp(await reservePort(FIRST_PORT, PORTS), [...what, remote, ...load, ...more], files);
  }

  /** The built-in `uas`, or a scenario, receiving when this resolves. */
  static async server({ instead, scenario, more = [] }: ServerOptions = {}): Promise<Sipp> {
    const reserved = instead?.handOver() ?? (await reservePort(FIRST_PORT, PORTS));
    const what = scenario === undefined ? ["-sn", "uas"] : ["-sf", "scenario.xml"];
    const sipp = new Sipp(reserved, [...what, ...more], scenario === undefined ? {} : { "scenario.xml": scenario });
    await until("the server's statistics", () => existsSync(join(sipp.#folder, "stat.csv")));
    return sipp;
  }

  /** `sip:127.0.0.1:PORT`. */
  get uri(): string {
    return `sip:127.0.0.1:${this.port}`;
  }

  /** The figures of the last whole second, or of the end. */
  figures(): SippFigures {
    const lines = this.#read("stat.csv").trimEnd().split("\n");
    const names = lines[0]?.split(";") ?? [];
    const values = (lines.length > 1 ? lines.at(-1)! : "").split(";");
    const of = (name: string): number => Number(values[names.indexOf(name)] ?? 0);
    return {
      calls: of("TotalCallCreated"),
      successful: of("SuccessfulCall(C)"),
      failed: of("FailedCall(C)"),
      unexpected: of("FailedUnexpectedMessage(C)"),
      strays: of("OutOfCallMsgs(C)") + of("DeadCallMsgs(C)"),
      retransmissions: of("Retransmissions(C)"),
      current: of("CurrentCall"),
    };
  }

  /** Every message in and out; needs `-trace_msg -message_file messages.log` among the arguments (`TRACED`). */
  messages(): SippMessage[] {
    return parseSippLog(this.#read("messages.log"));
  }

  /** What went wrong, in SIPp's words. */
  errors(): string {
    return this.#read("errors.log");
  }

  /** Call-IDs of the calls that SIPp gave up; not those in the messages that its errors quote, where they begin a line. */
  failedCalls(): Set<string> {
    return new Set([...this.errors().matchAll(/(?<!^)\bCall-I[dD]:? ?'?([^\s',]+)/gm)].map(([, callId]) => callId!));
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves with the exit code when it has ended by itself. */
  async finished(within: number): Promise<number | string> {
    await until("SIPp to finish", () => this.exit !== undefined, within).catch((error: Error) => {
      throw new Error(`${error.message}\n${JSON.stringify(this.figures())}\n${this.errors().slice(-1500)}`);
    });
    if (this.exit !== 0 && this.exit !== 1) throw new Error(`SIPp left with ${this.exit}\n${this.#output}`);
    return this.exit;
  }

  /** Ends a server softly, so that it writes its last figures; resolves with them. */
  async stop(patience = 8000): Promise<SippFigures> {
    if (this.exit === undefined) {
      this.signal("SIGUSR1");
      await until("SIPp to stop", () => this.exit !== undefined, patience).catch(() => this.kill());
    }
    return this.figures();
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await until("SIPp to be gone", () => this.exit !== undefined);
  }

  /** Gives the port to a successor. */
  handOver(): ReservedPort {
    if (this.exit === undefined || this.#reserved === undefined) throw new Error("it still runs, or has a successor");
    const reserved = this.#reserved;
    this.#reserved = undefined;
    return reserved;
  }

  /** Ends it and removes what it wrote. */
  async end(): Promise<void> {
    if (this.exit === undefined) await this.kill();
    this.#reserved?.release();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #read(name: string): string {
    const path = join(this.#folder, name);
    return existsSync(path) ? readFileSync(path, "latin1") : "";
  }
}

/** Arguments that make `messages` work. */
export const TRACED: readonly string[] = ["-trace_msg", "-message_file", "messages.log"];
