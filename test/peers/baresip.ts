// The real baresip as a phone without sound: configured in a folder of its own, told what to do over its control port.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ReservedPort, reservePort } from "../kit/port.ts";
import { until } from "../kit/wait.ts";

const BARESIP = "/usr/bin/baresip";
const MODULES = "/usr/lib/baresip/modules";

/** Why there is no such phone on this machine, or false. */
export function whyNoBaresip(): string | false {
  return existsSync(BARESIP) ? false : `${BARESIP} is not installed (apt install baresip-core)`;
}

/** How a phone is set up. */
export interface BaresipOptions {
  readonly user: string;
  readonly password: string;
  /** Its outbound proxy, such as `sip:127.0.0.1:5060;transport=tcp`. */
  readonly proxy: string;
  /** More parameters of its account, such as `;mediaenc=srtp`. */
  readonly account?: string;
  /** More lines of its configuration. */
  readonly config?: string;
}

/** An event that it told of (module ctrl_tcp). */
export interface BaresipEvent {
  /** `REGISTER_OK`, `CALL_ESTABLISHED`, `CALL_CLOSED` and so on. */
  readonly type: string;
  readonly param: string;
}

/** A running baresip. */
export class Baresip {
  /** Everything that it told of, in order. */
  readonly events: BaresipEvent[] = [];
  readonly #directory: string;
  readonly #process: ChildProcess;
  readonly #ports: readonly ReservedPort[];
  #control: Socket | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #log = "";

  private constructor(options: BaresipOptions, ports: readonly [ReservedPort, ReservedPort, ReservedPort]) {
    this.#ports = ports;
    const [sip, control, media] = ports;
    const directory = mkdtempSync(join(tmpdir(), "fairlead-baresip-"));
    this.#directory = directory;
    const lines = [
      "net_interface 127.0.0.1",
      `sip_listen 127.0.0.1:${sip.port}`,
      `rtp_ports ${media.port}-${media.port + 1}`,
      "audio_player aubridge,nil",
      "audio_source aubridge,silence",
      "audio_alert aubridge,alert",
      `module_path ${MODULES}`,
      ...["g711", "aubridge"].map((name) => `module ${name}.so`),
      "module_tmp account.so",
      ...["menu", "ctrl_tcp"].map((name) => `module_app ${name}.so`),
      `ctrl_tcp_listen 127.0.0.1:${control.port}`,
      options.config ?? "",
    ];
    writeFileSync(join(directory, "config"), `${lines.join("\n")}\n`);
    const { user, password, proxy, account = "" } = options;
    const parameters = `;auth_pass=${password};outbound="${proxy}";regint=600${account}`;
    writeFileSync(join(directory, "accounts"), `<sip:${user}@example.com>${parameters}\n`);
    writeFileSync(join(directory, "contacts"), "");
    const environment = { PATH: process.env.PATH, HOME: directory };
    this.#process = spawn(BARESIP, ["-4", "-f", directory], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on("data", (data: Buffer) => {
        // What it draws over a line (a clock, a meter) is no news.
        const text = data.toString("latin1").replaceAll(/[^\n]*\r(?!\n)/g, "");
        this.#log = (this.#log + text).slice(-6000);
      });
    }
  }

  /** Starts it; resolves when it listens to us. */
  static async start(options: BaresipOptions): Promise<Baresip> {
    // It takes the port behind its own as well, for TLS.
    const ports = [await reservePort(23_000, 2), await reservePort(), await reservePort(26_000, 2)] as const;
    const phone = new Baresip(options, ports);
    try {
      await phone.#open(ports[1].port);
      return phone;
    } catch (error) {
      await phone.stop();
      throw new Error(`baresip did not start:\n${phone.log}`, { cause: error });
    }
  }

  /** What it printed last, and the events that it told of. */
  get log(): string {
    return `${this.#log}\n${this.events.map((event) => `${event.type} ${event.param}`).join("\n")}`;
  }

  /** Waits for the `count`-th event of this type. */
  async tells(type: string, count = 1, within = 15_000): Promise<BaresipEvent> {
    const found = (): BaresipEvent | undefined => this.events.filter((event) => event.type === type)[count - 1];
    return until(`${count} ${type}`, found, within);
  }

  /** Waits until it is registered. It may have been before it told anybody of events, but it prints that. */
  async isRegistered(within = 15_000): Promise<void> {
    await until("a registration", () => /200 OK .*\[\d+ bindings?\]/.test(this.#log), within);
  }

  /** Gives a command of module menu, such as `dial` or `hangup`. */
  does(command: string, params = ""): void {
    const text = JSON.stringify({ command, params, token: "" });
    this.#control?.write(`${Buffer.byteLength(text)}:${text},`);
  }

  /** SIGTERM: it unregisters and ends; SIGKILL when it takes too long. */
  async stop(): Promise<void> {
    this.#control?.destroy();
    const isOver = (): boolean => this.#process.exitCode !== null || this.#process.signalCode !== null;
    if (!isOver()) {
      this.#process.kill("SIGTERM");
      await until("baresip to end", isOver, 5000).catch(() => this.#process.kill("SIGKILL"));
      await until("baresip to be killed", isOver);
    }
    for (const port of this.#ports) port.release();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #open(port: number): Promise<void> {
    await until(
      "the control port",
      async () => {
        if (this.#process.exitCode !== null) throw new Error(`baresip ended with ${this.#process.exitCode}`);
        const socket = connect(port, "127.0.0.1");
        const isOpen = await once(socket, "connect").then(
          () => true,
          () => false,
        );
        if (isOpen) this.#control = socket;
        return isOpen;
      },
      15_000,
    );
    this.#control?.on("data", (data: Buffer) => this.#read(data)).on("error", () => undefined);
  }

  /** Netstrings of JSON: `LENGTH:{...},`. */
  #read(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (;;) {
      const colon = this.#rest.indexOf(":");
      const length = Number(this.#rest.toString("latin1", 0, Math.max(colon, 0)));
      if (colon < 0 || this.#rest.length < colon + length + 2) return;
      const record: unknown = JSON.parse(this.#rest.toString("utf8", colon + 1, colon + 1 + length));
      this.#rest = this.#rest.subarray(colon + length + 2);
      if (typeof record !== "object" || record === null || !("event" in record) || !("type" in record)) continue;
      this.events.push({ type: String(record.type), param: "param" in record ? String(record.param) : "" });
    }
  }
}
