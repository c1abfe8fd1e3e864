// The reference page of the algorithms, from their registry.
import { ALGORITHMS } from "../src/dispatch/algorithms/index.ts";
import { DEFAULT_DEPARTURE, DEPARTURES } from "../src/dispatch/compat/compat-algorithm.ts";
import { COMPAT } from "../src/dispatch/compat/index.ts";
import { KeySource } from "../src/dispatch/types.ts";

const KEYS: Readonly<Record<number, string>> = {
  [KeySource.none]: "",
  [KeySource.callId]: "Call-ID",
  [KeySource.from]: "From URI",
  [KeySource.to]: "To URI",
  [KeySource.requestUri]: "request URI",
  [KeySource.isInvite]: "",
  [KeySource.resources]: "",
  [KeySource.authUser]: "user of the credentials",
};

/** The page. */
export function algorithmsPage(): string {
  const rows = ALGORITHMS.map((one) => {
    return `| \`${one.name}\` | ${one.needsKey === true ? "`key`" : (KEYS[one.key] ?? "")} | ${one.kamailio?.join(", ") ?? ""} | ${one.isPure ? "yes" : "no"} | ${one.summary} |`;
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
    "## Kamailio's and OpenSIPS's, by number",
    "",
    '`algorithm: "kamailio:9"` chooses as the dispatcher module of Kamailio 6.2 does, `opensips:4` as OpenSIPS 4.1 does: the next index',
    "when a destination is down, tables of 100 slots, order of equal priorities, `use_default`. On the command line as well:",
    "`--algorithm kamailio:9`; a number alone, `--algorithm 9`, is ours that serves the same purpose. What theirs does badly, ours does",
    "otherwise. *To the letter*: where the numbered one departs from theirs all the same. How many choices of a real Kamailio 5.6.3 are",
    "the same: [agreement with Kamailio](kamailio-agreement.md).",
    "",
    `For all of Kamailio's: ${DEFAULT_DEPARTURE}`,
    "",
    "| of all of them | theirs | here |",
    "| --- | --- | --- |",
    ...DEPARTURES.map(([what, theirs, ours]) => `| ${what} | ${theirs} | ${ours} |`),
    "",
    "| name | what it does | ours | what ours does otherwise | to the letter |",
    "| --- | --- | --- | --- | --- |",
    ...COMPAT.map(({ name, summary, beside, difference, deviation }) => {
      return `| \`${name}\` | ${summary} | \`${beside}\` | ${difference} | ${deviation ?? "yes"} |`;
    }),
    "",
  ].join("\n");
}
