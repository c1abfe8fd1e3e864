// The sets about which a real Kamailio is asked for sequences of choices, as a dispatcher.list and a script.

/** Kamailio's algorithms that are asked for in sequences. */
const NUMBERS = [4, 8, 9, 10, 11, 13] as const;

/** One line of the list. */
export interface Line {
  readonly uri: string;
  readonly priority: number;
  /** Kamailio's `weight` and `rweight`; 0: not given. */
  readonly weight: number;
  readonly maxCalls: number;
  /** Milliseconds; 0: unknown. */
  readonly latency: number;
  /** `cc=1`. */
  readonly congestionControl: boolean;
}

/** What a set's lines say; lists that are shorter than `weights` go on with 0. */
interface Numbers {
  readonly weights: readonly number[];
  readonly priorities?: readonly number[];
  readonly maxCalls?: readonly number[];
  readonly latencies?: readonly number[];
  readonly congestionControl?: boolean;
}

/** The lines of a set, of which Kamailio puts the last one first. */
function linesOf(
  set: number,
  { weights, priorities = [], maxCalls = [], latencies = [], congestionControl = false }: Numbers,
): Line[] {
  return weights.map((weight, i) => ({
    uri: `sip:127.0.${set}.1:${6000 + i}`,
    priority: priorities[i] ?? 0,
    weight,
    maxCalls: maxCalls[i] ?? 0,
    latency: latencies[i] ?? 0,
    congestionControl,
  }));
}

const EQUAL = (count: number, weight: number): number[] => new Array<number>(count).fill(weight);
/** The sets by number. */
export const SETS: ReadonlyMap<number, readonly Line[]> = new Map(
  Object.entries<Numbers>({
    20: { weights: [30, 20, 10, 25, 15] },
    21: { weights: [10, 0, 20, 40] },
    22: { weights: [60, 30, 60, 7] },
    23: { weights: [10, 20, 0] },
    24: { weights: EQUAL(60, 50) },
    25: { weights: EQUAL(103, 1) },
    26: { weights: [33] },
    27: { weights: [5, 50, 5, 50, 5], priorities: [1, 3, 2, 3, 1] },
    28: { weights: EQUAL(4, 0) },
    29: { weights: EQUAL(4, 0), maxCalls: [3, 0, 2, 5] },
    30: { weights: EQUAL(2, 50) },
    31: { weights: [30, 20, 10, 25, 15], latencies: EQUAL(5, 5), congestionControl: true },
    40: { weights: EQUAL(5, 0) },
    41: { weights: EQUAL(5, 0), priorities: [1, 3, 2, 3, 1] },
    42: { weights: EQUAL(5, 1), priorities: [50, 50, 49, 30, 0], latencies: [120, 20, 49, 10, 5] },
    43: { weights: EQUAL(4, 1), priorities: [10, 10, 10, 10], latencies: [9, 10, 11, 2000] },
    44: {
      weights: EQUAL(5, 1),
      priorities: [50, 50, 49, 30, 0],
      latencies: [120, 20, 49, 10, 5],
      congestionControl: true,
    },
  }).map(([set, numbers]) => [Number(set), linesOf(Number(set), numbers)]),
);

/** Which positions of a set are down, step by step: one, two, all, and back. */
export function story(size: number): number[][] {
  const all = Array.from({ length: size }, (_, i) => i);
  const last = size - 1;
  return [[], [0], [last], [0, 1], [1, last], all, [0], [], all.slice(0, last), all, all.slice(1), []].map((step) =>
    step.filter((position) => position >= 0 && position < size),
  );
}

function attributes({ weight, maxCalls, latency, congestionControl }: Line, duid: string): string {
  const weights = weight > 0 ? `;weight=${weight};rweight=${weight}` : "";
  const limit = maxCalls > 0 ? `;maxload=${maxCalls}` : "";
  const control = congestionControl ? ";cc=1" : "";
  return `duid=${duid}${weights}${limit}${latency > 0 ? `;latency=${latency}` : ""}${control}`;
}

/** The dispatcher.list. */
export const LIST = [...SETS]
  .flatMap(([set, lines]) =>
    lines.map((line, i) => `${set} ${line.uri} 0 ${line.priority} ${attributes(line, `${set}-${i}`)}\n`),
  )
  .join("");

/** What every script begins with. */
export const modulesOf = (useDefault: boolean): string => `max_while_loops=1000
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "jsonrpcs.so"
loadmodule "dispatcher.so"
modparam("jsonrpcs", "transport", 0)
modparam("dispatcher", "list_file", "@DIRECTORY@/dispatcher.list")
modparam("dispatcher", "flags", 2)
modparam("dispatcher", "ds_hash_size", 8)
modparam("dispatcher", "ds_ping_latency_stats", 1)
modparam("dispatcher", "use_default", ${useDefault ? 1 : 0})
`;

/** A script's lines that obey `X-Command`s. */
export const OBEY = `  $var(i) = 0;
  while ($var(i) < $(hdr(X-Commands){s.int})) {
    jsonrpc_exec("$(hdr(X-Command)[$var(i)])");
    append_to_reply("X-Result: $jsonrpl(code)\\r\\n");
    $var(i) = $var(i) + 1;
  }
`;

/** The script: it obeys `X-Command`s, then chooses as often as `X-Picks-N` says. */
export function scriptOf(useDefault: boolean): string {
  return `
${modulesOf(useDefault)}request_route {
${OBEY}  if (is_present_hf("X-Ended")) ds_load_update();
  $var(set) = $(hdr(X-Set){s.int});
${NUMBERS.map(
  (number) => `  $var(i) = 0;
  while ($var(i) < $(hdr(X-Picks-${number}){s.int})) {
    if (ds_select_dst("$var(set)", "${number}", "1")) append_to_reply("X-Pick-${number}: $du\\r\\n");
    else append_to_reply("X-Pick-${number}: nobody\\r\\n");
    $var(i) = $var(i) + 1;
  }
`,
).join("")}
  sl_send_reply("200", "Chosen");
  exit;
}
`;
}
