// Destinations as a table: who is well and why not.
import type { DestinationResource, StateName } from "../admin/resources.ts";
import type { Table } from "./admin-command.ts";
import { drainText } from "./drain.ts";
import { formatAge, type Tone } from "./table.ts";

const TONES: Readonly<Record<StateName, Tone>> = {
  active: "good",
  trying: "warning",
  inactive: "bad",
  disabled: "dim",
  draining: "warning",
  standby: "plain",
  resting: "warning",
  ejected: "bad",
};

/** Destinations as a table; `now` in milliseconds since 1970. */
export function destinationTable(destinations: readonly DestinationResource[], now: number): Table {
  const right = true;
  const hasResources = destinations.some(({ resources }) => Object.keys(resources).length > 0);
  const columns = [
    { title: "SET" },
    { title: "DESTINATION" },
    { title: "STATE" },
    { title: "SINCE", right },
    { title: "CALLS", right },
    ...(hasResources ? [{ title: "RESOURCES" }] : []),
    { title: "WEIGHT", right },
    { title: "REQUESTS", right },
    { title: "FAILED OVER", right },
    { title: "RTT", right },
    { title: "REASON" },
  ];
  const rows = destinations.map((destination) => {
    const {
      set,
      name,
      state,
      since,
      load,
      max_calls,
      resources,
      weight,
      counters,
      latency_ms,
      reason,
      drain,
      probing,
    } = destination;
    const paused = probing === "paused" ? "; probes paused" : "";
    const starts = destination.share_percent < 100 ? `; starting, ${destination.share_percent} % of its share` : "";
    return [
      set,
      name,
      { text: state, tone: TONES[state] },
      formatAge(now - Date.parse(since)),
      max_calls > 0 ? `${load}/${max_calls}` : String(load),
      ...(hasResources ? [resourcesText(resources)] : []),
      String(weight),
      String(counters.requests),
      String(counters.failovers),
      latency_ms === null ? "-" : `${latency_ms.toFixed(1)} ms`,
      `${reason}${drain === null ? starts : `; ${drainText(drain)}`}${paused}`,
    ];
  });
  return { columns, rows };
}

function resourcesText(resources: DestinationResource["resources"]): string {
  return Object.entries(resources)
    .map(([name, { capacity: most, load }]) => `${name} ${load}/${most}`)
    .join(", ");
}
