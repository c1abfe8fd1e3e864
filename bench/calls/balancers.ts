// The balancers that are compared, each with a configuration for the same work: the hash of the Call-ID chooses one of two
// destinations, INVITEs get a Record-Route, requests in a dialog follow it. With transactions: failover to the other one.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, globSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DESTINATION_HOSTS } from "./messages.ts";
import type { Transport } from "./wire.ts";

export type Mode = "stateless" | "stateful";

/** Where they listen and where the calls go, and by what. */
export interface Ports {
  readonly transport: Transport;
  readonly balancer: number;
  readonly destination: number;
}

/** A balancer that can be started. */
export interface Balancer {
  readonly name: string;
  /** Writes its configuration into `folder`; returns the command line. */
  prepare(mode: Mode, folder: string, ports: Ports): readonly string[];
}

/** The program. */
export const FAIRLEAD: string = join(fileURLToPath(new URL("../..", import.meta.url)), "bin", "fairlead");
const KAMAILIO = "/usr/sbin/kamailio";
/** How long a finished transaction is remembered: Kamailio's wt_timer has this as its default. */
const LINGER = "5s";

export const fairlead: Balancer = {
  name: "fairlead",
  prepare(mode, folder, ports) {
    const destinations = destinationUris(ports)
      .map((uri) => `"${uri}"`)
      .join(", ");
    const lines = [
      `listeners: ["${ports.transport}://127.0.0.1:${ports.balancer}"]`,
      "workers: 1",
      "admin: false",
      `forwarding: ${mode}`,
      `timers: {linger: ${LINGER}}`,
      "limits: {transactions: 2000000, dialogs: 1000000, message_bytes: 1GiB}",
      `sets: {1: {algorithm: hash-call-id, destinations: [${destinations}], probe: false}}`,
      "routes: [{set: 1}]",
    ];
    const file = join(folder, `fairlead-${mode}.yaml`);
    writeFileSync(file, `${lines.join("\n")}\n`);
    return [FAIRLEAD, "run", file];
  },
};

/** With its fastest allocator, one UDP worker, and nothing that it does not need for this work. */
export const kamailio: Balancer = {
  name: "kamailio",
  prepare(mode, folder, ports) {
    const list = join(folder, "dispatcher.list");
    writeFileSync(
      list,
      destinationUris(ports)
        .map((uri) => `1 ${uri}\n`)
        .join(""),
    );
    const file = join(folder, `kamailio-${mode}.cfg`);
    writeFileSync(file, kamailioScript(mode, list, ports));
    const memory = ["-x", "tlsf", "-X", "tlsf", "-m", mode === "stateful" ? "3000" : "256", "-M", "64"];
    return [KAMAILIO, "-DD", "-f", file, ...memory, "-w", folder, "-Y", folder, "-P", join(folder, "kamailio.pid")];
  },
};

/** Why Kamailio cannot be compared here; empty: it can. */
export function whyNoKamailio(): string {
  if (!existsSync(KAMAILIO)) return `${KAMAILIO} is not installed (Debian: apt-get install kamailio)`;
  return modules() === "" ? "Kamailio's modules are not where Debian puts them" : "";
}

function modules(): string {
  const [first = ""] = globSync("/usr/lib/*/kamailio/modules/dispatcher.so");
  return dirname(first) === "." ? "" : dirname(first);
}

function destinationUris({ transport, destination }: Ports): readonly string[] {
  const parameter = transport === "udp" ? "" : `;transport=${transport}`;
  return DESTINATION_HOSTS.map((host) => `sip:${host}:${destination}${parameter}`);
}

/**
 * One child reads all connections: on one core more of them only make more switches. Lifetimes as long as a benchmark, and
 * no second look at what answers nothing.
 */
const KAMAILIO_TCP: readonly string[] = [
  "disable_tcp=no",
  `tcp_children=${process.env.KAMAILIO_TCP_CHILDREN ?? "1"}`,
  "tcp_connection_lifetime=3600",
  "tcp_max_connections=10000",
  "tcp_accept_no_cl=no",
  "tcp_fd_cache=yes",
  "tcp_rd_buf_size=65536",
  "tcp_conn_wq_max=16777216",
  "tcp_wq_max=268435456",
];

function kamailioScript(mode: Mode, list: string, { transport, balancer }: Ports): string {
  const isStateful = mode === "stateful";
  const relay = isStateful ? "t_relay();" : "forward();";
  const wanted = ["sl", "pv", "rr", "maxfwd", "siputils", ...(isStateful ? ["tm"] : []), "dispatcher"];
  return [
    "#!KAMAILIO",
    "debug=0",
    "log_stderror=no",
    "children=1",
    ...(transport === "udp" ? ["disable_tcp=yes"] : KAMAILIO_TCP),
    "auto_aliases=no",
    "dns=no",
    "rev_dns=no",
    "server_signature=no",
    "sip_warning=0",
    "pmtu_discovery=0",
    "maxbuffer=4194304",
    // Else the first touch of every page is paid for while measuring.
    ...(isStateful ? ["shm_force_alloc=yes"] : []),
    `listen=${transport}:127.0.0.1:${balancer}`,
    `mpath="${modules()}"`,
    ...wanted.map((name) => `loadmodule "${name}.so"`),
    `modparam("dispatcher", "list_file", "${list}")`,
    'modparam("dispatcher", "flags", 2)',
    ...(isStateful ? ['modparam("tm", "wt_timer", 5000)'] : []),
    "request_route {",
    '  if (!mf_process_maxfwd_header("70")) { sl_send_reply("483", "Too Many Hops"); exit; }',
    "  force_rport();",
    "  if (has_totag() && loose_route()) {",
    `    ${relay}`,
    "    exit;",
    "  }",
    '  if (method == "INVITE") record_route();',
    '  if (!ds_select_dst("1", "0")) { sl_send_reply("503", "Service Unavailable"); exit; }',
    ...(isStateful ? ['  t_on_failure("NEXT");'] : []),
    `  ${relay}`,
    "}",
    ...(isStateful
      ? [
          "failure_route[NEXT] {",
          "  if (t_is_canceled()) exit;",
          '  if (t_check_status("408|5[0-9][0-9]") && ds_next_dst()) {',
          '    t_on_failure("NEXT");',
          "    t_relay();",
          "  }",
          "}",
        ]
      : []),
    "",
  ].join("\n");
}

/** A balancer that runs on core 0. */
export class Running {
  readonly #process: ChildProcess;
  readonly #log: string;

  constructor(command: readonly string[], log: string) {
    const out = openSync(log, "w");
    this.#log = log;
    this.#process = spawn("taskset", ["-c", "0", ...command], { stdio: ["ignore", out, out] });
    // Whatever ends the benchmark ends the balancer.
    process.once("exit", this.#end);
  }

  readonly #end = (): void => {
    this.#process.kill("SIGKILL");
  };

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** The end of what it said, for when something is wrong. */
  get lastWords(): string {
    return readFileSync(this.#log, "utf8").trimEnd().split("\n").slice(-5).join("\n");
  }

  /** Ends it, the hard way after five seconds. */
  async stop(): Promise<void> {
    const child = this.#process;
    process.off("exit", this.#end);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await gone;
    clearTimeout(timer);
  }
}
