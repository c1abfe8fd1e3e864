// A real Kamailio that runs a script of docs/guide/coming-from-kamailio.md, with around it what every operator's file has.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../kit/wait.ts";
import { flagsOf, KAMAILIO } from "./kamailio.ts";

const MODULES = ["tm", "sl", "rr", "pv", "textops", "siputils", "tmx", "cfgutils", "dispatcher"];
/** The guide's times, as `Neighbourhood.quick` has them. */
const HEAD = `debug=0
log_stderror=yes
children=1
tcp_children=1
${MODULES.map((name) => `loadmodule "${name}.so"\n`).join("")}modparam("tm", "fr_timer", 1000)
modparam("tm", "fr_inv_timer", 1500)
modparam("dispatcher", "list_file", "@DIRECTORY@/dispatcher.list")
modparam("dispatcher", "flags", 2)
`;
/** Requests within calls, before a script that is only about new ones. */
const AROUND = `request_route {
  if (is_method("CANCEL|ACK") && t_check_trans()) { t_relay(); exit; }
  if (has_totag()) { if (loose_route()) t_relay(); exit; }
  record_route();
  route(DISPATCH);
}
`;

/** Whole configuration files from scripts of the guide: those that begin with a route of their own are called from around. */
function configuration(script: string, address: string, directory: string): string {
  const listen = ["udp", "tcp"].map((transport) => `listen=${transport}:${address}:5060\n`).join("");
  const around = /^request_route/m.test(script) ? "" : AROUND;
  return listen + HEAD.replace("@DIRECTORY@", directory) + around + script;
}

/** What Kamailio says against a script (`kamailio -c`); empty: it starts. */
export function objection(script: string, address: string): string {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-script-"));
  try {
    writeFileSync(join(directory, "dispatcher.list"), `1 sip:${address}:5060\n`);
    writeFileSync(join(directory, "kamailio.cfg"), configuration(script, address, directory));
    const { status, stderr } = spawnSync(KAMAILIO, ["-c", ...flagsOf(directory)], {
      encoding: "utf8",
      timeout: 20_000,
    });
    return status === 0 ? "" : (/(?:CRITICAL|ERROR): (.*)/.exec(stderr)?.[1] ?? `status ${status}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A running one, at `address`:5060 over UDP and TCP. */
export class GuideKamailio {
  readonly #directory = mkdtempSync(join(tmpdir(), "fairlead-script-"));
  readonly #process: ChildProcess;
  #log = "";

  /** Runs when this resolves. */
  static async start(script: string, list: string, address: string): Promise<GuideKamailio> {
    const kamailio = new GuideKamailio(script, list, address);
    await until("Kamailio to listen", () => kamailio.#listens(address), 20_000).catch(async (error: Error) => {
      await kamailio.stop();
      throw new Error(`${error.message}\n${kamailio.#log}`);
    });
    return kamailio;
  }

  private constructor(script: string, list: string, address: string) {
    writeFileSync(join(this.#directory, "dispatcher.list"), list);
    writeFileSync(join(this.#directory, "kamailio.cfg"), configuration(script, address, this.#directory));
    this.#process = spawn(KAMAILIO, flagsOf(this.#directory), { stdio: ["ignore", "ignore", "pipe"] });
    this.#process.stderr?.on("data", (data: Buffer) => {
      this.#log = (this.#log + data.toString("latin1")).slice(-4000);
    });
  }

  /** Its sockets are there: what comes before it reads them waits. TCP is the last that it opens. */
  #listens(address: string): boolean {
    if (this.#process.exitCode !== null) throw new Error(`Kamailio is gone:\n${this.#log}`);
    const hex = address
      .split(".")
      .reverse()
      .map((byte) => Number(byte).toString(16).padStart(2, "0"))
      .join("");
    return readFileSync("/proc/net/tcp", "latin1").includes(` ${hex.toUpperCase()}:13C4 00000000:0000 0A`);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.kill("SIGTERM");
      await once(this.#process, "exit");
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
