// A network of a test's own: a namespace for the balancer and whoever may talk to it, a second one behind a pair of virtual
// cables for those who may say that they are anybody, and a way out that leads nowhere and counts what takes it.
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";

/** Where the balancer is. */
export const BALANCER = "10.65.0.1";
/** First bytes of the addresses that exist beside the balancer. */
export const INSIDE = "10.67";
/** First bytes of the addresses behind the cable: nobody has them. */
export const FORGED = "10.66";
/** How destinations answer those whom nobody knows: their word, not the balancer's, which RFC 3261 has it repeat. */
export const DESTINATIONS_ANSWER = 486;
const CLONE_NEWNET = 0x40000000;
const TOOLS = ["ip", "nft"];

/** Why there can be no such network here, or false. */
export const skip: string | false = missing();

function missing(): string | false {
  if (process.platform !== "linux") return "network namespaces are there on Linux only";
  if (process.getuid?.() !== 0) return "making a network namespace needs root";
  const absent = TOOLS.filter((tool) => spawnSync(tool, ["-V"], { stdio: "ignore" }).error !== undefined);
  if (absent.length > 0) return `needs ${absent.join(" and ")} (apt-get install iproute2 nftables)`;
  const name = `fairlead-try-${process.pid}`;
  const made = spawnSync("ip", ["netns", "add", name], { encoding: "utf8" });
  if (made.status !== 0) return `network namespaces cannot be made here: ${made.stderr.trim()}`;
  spawnSync("ip", ["netns", "del", name]);
  return false;
}

/** What a counter has seen. */
export interface Traffic {
  readonly packets: number;
  readonly bytes: number;
}

/** The network. While it is there, this process is in it, and so is every process that it starts. */
export class Lab {
  /** Name of the namespace behind the cable. */
  readonly outside: string = `fairlead-out-${process.pid}`;
  readonly #inside: string = `fairlead-in-${process.pid}`;
  readonly #home: number = openSync("/proc/thread-self/ns/net", "r");

  constructor() {
    try {
      this.#build();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** What has left for an address that is nobody's business. */
  get astray(): Traffic {
    return counter("astray4", "astray6");
  }

  /** What came from forged addresses. */
  get fromForged(): Traffic {
    return counter("from_forged");
  }

  /** What left for forged addresses, but for answers of `DESTINATIONS_ANSWER`. */
  get toForged(): Traffic {
    return counter("to_forged");
  }

  /** Answers of `DESTINATIONS_ANSWER` that were passed on to forged addresses. */
  get relayedToForged(): Traffic {
    return counter("relayed");
  }

  /** Goes home and takes everything down. */
  close(): void {
    setns(this.#home);
    closeSync(this.#home);
    for (const name of [this.outside, this.#inside]) spawnSync("ip", ["netns", "del", name], { stdio: "ignore" });
  }

  #build(): void {
    for (const name of [this.#inside, this.outside]) run("ip", "netns", "add", name);
    const fd = openSync(`/var/run/netns/${this.#inside}`, "r");
    setns(fd);
    closeSync(fd);
    run("ip", "link", "set", "lo", "up");
    run("ip", "route", "add", "local", "10.65.0.0/24", "dev", "lo");
    run("ip", "route", "add", "local", `${INSIDE}.0.0/16`, "dev", "lo");
    run("ip", "addr", "add", `${BALANCER}/32`, "dev", "lo");
    run("ip", "-6", "addr", "add", "fd65::1/128", "dev", "lo");
    run("ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", this.outside);
    run("ip", "addr", "add", "10.64.0.1/30", "dev", "cable");
    run("ip", "link", "set", "cable", "up");
    run("ip", "route", "add", `${FORGED}.0.0/16`, "via", "10.64.0.2");
    const out = ["-n", this.outside];
    run("ip", ...out, "link", "set", "lo", "up");
    run("ip", ...out, "addr", "add", "10.64.0.2/30", "dev", "cable");
    run("ip", ...out, "link", "set", "cable", "up");
    run("ip", ...out, "route", "add", "10.65.0.0/24", "via", "10.64.0.1");
    // Nobody there hears an answer, and nobody complains about it.
    run("ip", ...out, "route", "add", "blackhole", `${FORGED}.0.0/16`);
    // A way to everywhere, or the system would refuse to send what must not be sent.
    run("ip", "route", "add", "default", "via", "10.64.0.2");
    run("ip", "-6", "addr", "add", "fd64::1/64", "dev", "cable", "nodad");
    run("ip", "-6", "route", "add", "default", "via", "fd64::2");
    execFileSync("nft", ["-f", "-"], { input: rules() });
  }
}

/** Its three digits, as they stand behind the UDP header and `SIP/2.0 `. */
const STATUS = `0x${Buffer.from(String(DESTINATIONS_ANSWER)).toString("hex")}`;

function rules(): string {
  const known = `127.0.0.0/8, 10.64.0.0/30, 10.65.0.0/24, ${FORGED}.0.0/16, ${INSIDE}.0.0/16`;
  // The kernel's own neighbour discovery and multicast listener reports are nobody's doing.
  return `table inet lab {
    counter astray4 {}
    counter astray6 {}
    counter from_forged {}
    counter to_forged {}
    counter relayed {}
    chain in {
      type filter hook input priority 0;
      ip saddr ${FORGED}.0.0/16 udp dport 1-65535 counter name from_forged;
    }
    chain out {
      type filter hook output priority 0;
      ip daddr ${FORGED}.0.0/16 udp dport 1-65535 @th,128,24 ${STATUS} counter name relayed
      ip daddr ${FORGED}.0.0/16 udp dport 1-65535 @th,128,24 != ${STATUS} counter name to_forged
      ip daddr != { ${known} } counter name astray4 drop
      meta l4proto icmpv6 accept
      ip6 daddr != { ::1, fd65::1 } counter name astray6 drop;
    }
  }\n`;
}

function counter(...names: readonly string[]): Traffic {
  const text = execFileSync("nft", ["-j", "list", "counters"], { encoding: "utf8" });
  const { nftables } = JSON.parse(text) as { nftables: readonly { counter?: Traffic & { readonly name: string } }[] };
  const wanted = nftables.flatMap(({ counter: one }) => (one !== undefined && names.includes(one.name) ? [one] : []));
  const sum = (of: "packets" | "bytes"): number => wanted.reduce((total, one) => total + one[of], 0);
  return { packets: sum("packets"), bytes: sum("bytes") };
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** Moves this thread, and with it everything that the process opens or starts from now on. */
function setns(fd: number): void {
  const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
  const call = koffi.load(null).func("int setns(int, int)") as (fd: number, kind: number) => number;
  if (call(fd, CLONE_NEWNET) !== 0) throw new Error(`setns: errno ${koffi.errno()}`);
}
