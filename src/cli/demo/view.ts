// What the demo shows: the table on a terminal, a line in a pipe, the summary at the end. Text only; it prints nothing.
import type { DestinationResource } from "../../admin/resources.ts";
import { type Cell, formatTable, type Tone } from "../table.ts";
import type { Caller } from "./caller.ts";
import { formatMilliseconds } from "./latencies.ts";
import type { DemoServer } from "./server.ts";

/** Everything that is shown. */
export interface DemoState {
  readonly caller: Caller;
  readonly servers: readonly DemoServer[];
  /** As the admin API told it last. */
  readonly destinations: readonly DestinationResource[];
  /** Index of the server that keys act on. */
  readonly selected: number;
  readonly adminUrl: string;
  readonly colour: boolean;
}

const COLUMNS = [
  { title: " " },
  { title: "DESTINATION" },
  { title: "STATE" },
  { title: "CALLS", right: true },
  { title: "ANSWERED", right: true },
  { title: "FAILED OVER", right: true },
  { title: "P50", right: true },
  { title: "P99", right: true },
  { title: "WHY" },
];
const TONES: Readonly<Record<DestinationResource["state"], Tone>> = {
  active: "good",
  trying: "warning",
  draining: "warning",
  standby: "plain",
  resting: "warning",
  ejected: "bad",
  inactive: "bad",
  disabled: "bad",
};

/** The live table and its legend. */
export function formatScreen(state: DemoState): string {
  const { caller, adminUrl, colour } = state;
  const rows = state.servers.map((server, index) => rowOf(state, server, index));
  const keys = "1-3 select   k kill   r revive   d drain   s slow   + - call rate   q quit";
  return [
    `Fairlead demo: ${caller.rate} calls/s over three SIP servers, admin API at ${adminUrl}`,
    "",
    formatTable(COLUMNS, rows, colour),
    totals(caller),
    "",
    keys,
    "",
  ].join("\n");
}

function rowOf({ caller, destinations, selected }: DemoState, server: DemoServer, index: number): Cell[] {
  const known = destinations.find(({ name }) => name === server.name);
  const score = caller.servers.get(server.name);
  const notes = [known?.reason ?? "", server.isSlow ? "slow" : "", server.isAlive ? "" : "killed"];
  return [
    index === selected ? `>${index + 1}` : ` ${index + 1}`,
    server.name,
    known === undefined ? "-" : { text: known.state, tone: TONES[known.state] },
    String(known?.counters.calls ?? 0),
    String(score?.answered ?? 0),
    String(known?.counters.failovers ?? 0),
    formatMilliseconds(score?.setup.percentile(0.5) ?? 0),
    formatMilliseconds(score?.setup.percentile(0.99) ?? 0),
    { text: notes.filter((note) => note !== "").join(", "), tone: "dim" },
  ];
}

function totals({ started, answered, failed, cutOff, open, setup }: Caller): string {
  const latency = `p50 ${formatMilliseconds(setup.percentile(0.5))}, p99 ${formatMilliseconds(setup.percentile(0.99))}`;
  const cut = cutOff === 0 ? "" : `, ${cutOff} cut off while talking`;
  return `calls ${started}, answered ${answered}, failed ${failed}${cut}, open ${open}; ${latency}`;
}

/** One line for a log or a pipe. */
export function formatLine(state: DemoState): string {
  const servers = state.servers.map(({ name }) => {
    const known = state.destinations.find((destination) => destination.name === name);
    return `${name} ${known?.state ?? "unknown"} ${state.caller.servers.get(name)?.answered ?? 0}`;
  });
  return `${totals(state.caller)}; ${servers.join(", ")}; failed over ${failovers(state)}`;
}

/** What remains to be said when the demo is over. */
export function formatSummary(state: DemoState): string {
  const { started, answered, refusals } = state.caller;
  const verdict =
    answered === started ? "Every call was answered." : `${started - answered} of ${started} calls were not answered.`;
  const reasons = [...refusals].map(([status, count]) => `${count} x ${status === 0 ? "no answer" : status}`);
  return `${formatLine(state)}\n${verdict}${reasons.length === 0 ? "" : ` (${reasons.join(", ")})`}\n`;
}

function failovers({ destinations }: DemoState): number {
  return destinations.reduce((sum, { counters }) => sum + counters.failovers, 0);
}
