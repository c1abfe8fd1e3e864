// The real Kamailio as a registrar with Path (RFC 3327) and digest authentication, for users of example.com.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ReservedPort, reservePort } from "../kit/port.ts";
import { until } from "../kit/wait.ts";
import { KAMAILIO } from "./kamailio.ts";

/** Everybody's password. */
export const PASSWORD = "secret";

const SCRIPT = `
debug=0
log_stderror=yes
fork=no
children=1
disable_tcp=yes
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("registrar", "use_path", 1)
modparam("registrar", "path_mode", 1)
modparam("registrar", "max_expires", 3600)
request_route {
  if (is_method("REGISTER")) {
    if (!pv_www_authenticate("example.com", "${PASSWORD}", "0")) { www_challenge("example.com", "1"); exit; }
    save("location");
    exit;
  }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (has_totag()) {
    if (loose_route()) t_relay(); else if (!is_method("ACK")) sl_send_reply("404", "Not Here");
    exit;
  }
  record_route();
  if (!lookup("location")) { sl_send_reply("404", "Not Registered"); exit; }
  t_relay();
}
`;

/** A running registrar. */
export class Registrar {
  readonly uri: string;
  readonly #port: ReservedPort;
  readonly #directory: string;
  readonly #process: ChildProcess;
  #log = "";

  private constructor(port: ReservedPort) {
    this.#port = port;
    this.uri = `sip:127.0.0.1:${port.port}`;
    const directory = mkdtempSync(join(tmpdir(), "fairlead-registrar-"));
    this.#directory = directory;
    const file = join(directory, "kamailio.cfg");
    writeFileSync(file, `listen=udp:127.0.0.1:${port.port}\n${SCRIPT}`);
    const flags = ["-DD", "-f", file, "-m", "32", "-M", "8", "-w", directory, "-Y", directory];
    this.#process = spawn(KAMAILIO, flags, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on("data", (data: Buffer) => {
        this.#log = (this.#log + data.toString("latin1")).slice(-4000);
      });
    }
  }

  /** Starts it on a port of its own; it may need a moment until it answers. */
  static async start(): Promise<Registrar> {
    return new Registrar(await reservePort());
  }

  /** What it said last. */
  get log(): string {
    return this.#log;
  }

  /** SIGTERM, and SIGKILL when it takes too long. */
  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const gone = once(this.#process, "exit");
      this.#process.kill("SIGTERM");
      const isOver = (): boolean => this.#process.exitCode !== null || this.#process.signalCode !== null;
      await until("Kamailio to end", isOver, 3000).catch(() => this.#process.kill("SIGKILL"));
      await gone;
    }
    this.#port.release();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
