// The reference page of the algorithms, from their registry.
import { ALGORITHMS } from "../src/dispatch/algorithms/index.ts";
import { KeySource } from "../src/dispatch/types.ts";

const KEYS: Readonly<Record<number, string>> = {
  [KeySource.none]: "",
  [KeySource.callId]: "Call-ID",
  [KeySource.from]: "From URI",
  [KeySource.to]: "To URI",
  [KeySource.requestUri]: "request URI",
};

/** The page. */
export function algorithmsPage(): string {
  const rows = ALGORITHMS.map((one) => {
    return `| \`${one.name}\` | ${KEYS[one.key] ?? ""} | ${one.kamailio ?? ""} | ${one.isPure ? "yes" : "no"} | ${one.summary} |`;
  });
  return [
    "# Algorithms",
    "",
    "<!-- Written by `npm run docs` from src/dispatch/algorithms. Do not edit. -->",
    "",
    "How a dispatcher set orders its destinations for a request; the order is also the failover list. *Stateless*: whether",
    "retransmission, CANCEL and ACK find the same destination without transactions.",
    "",
    "| name | hashes | Kamailio's number | stateless | what it does |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
