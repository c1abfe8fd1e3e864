// What the machine says about names: /etc/resolv.conf (resolv.conf(5)) and /etc/hosts (hosts(5)).
import { isIPv4, isIPv6 } from "node:net";
import type { NameServer } from "./exchange.ts";
import { isDnsName, nameOf } from "./message.ts";

/** Name servers and search domains. */
export interface ResolvConf {
  readonly servers: readonly NameServer[];
  readonly search: readonly string[];
}

/** Name servers of resolv.conf that are asked: as many as the C library does. */
export const MOST_SERVERS = 3;
/** As the C library: more are not tried. */
const MOST_SEARCHES = 6;

/** Reads the text of resolv.conf: `nameserver`, `search` and `domain`; the last of the latter two counts. */
export function readResolvConf(text: string): ResolvConf {
  const servers: NameServer[] = [];
  let search: string[] = [];
  for (const [word = "", ...rest] of linesOf(text, /[#;].*/)) {
    const [host = ""] = rest;
    if (word === "nameserver" && (isIPv4(host) || isIPv6(host))) servers.push({ host, port: 53 });
    if (word === "search" || word === "domain") search = rest.map(nameOf).filter(isDnsName).slice(0, MOST_SEARCHES);
  }
  return { servers: servers.slice(0, MOST_SERVERS), search };
}

/** Addresses of a name in the text of a hosts file. `name` as from `nameOf`. */
export function addressesInHosts(text: string, name: string, family: "A" | "AAAA"): string[] {
  const isWanted = family === "A" ? isIPv4 : isIPv6;
  return linesOf(text, /#.*/)
    .filter(([address = "", ...names]) => isWanted(address) && names.some((each) => nameOf(each) === name))
    .map(([address = ""]) => address);
}

function linesOf(text: string, comment: RegExp): string[][] {
  return text.split("\n").map((line) => line.replace(comment, "").trim().split(/\s+/));
}
