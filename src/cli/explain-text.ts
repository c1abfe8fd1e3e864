// An explanation for people: facts in two columns, then the destinations, then the header lines that change.
import { styleText } from "node:util";
import type { DiffLine, ExplainedDestination, Explanation } from "../explain/explanation.ts";
import { type Cell, formatTable } from "./table.ts";

const COLUMNS = [
  { title: "TRY", right: true },
  { title: "DESTINATION" },
  { title: "URI" },
  { title: "STATE" },
  { title: "WEIGHT", right: true },
  { title: "PRIORITY", right: true },
  { title: "CALLS", right: true },
  { title: "OUTCOME" },
  { title: "WHY" },
] as const;
const TONES = { taken: "good", next: "plain", skipped: "dim" } as const;
const DIFF_COLOURS = { " ": "dim", "-": "red", "+": "green" } as const;
const LABEL_WIDTH = 11;

/** The text; `colour`: whether escape sequences are wanted. */
export function explanationText(explanation: Explanation, colour: boolean): string {
  const { destinations, changes, notes } = explanation;
  const parts = [facts(explanation)];
  if (destinations.length > 0) parts.push(formatTable(COLUMNS, destinations.map(row), colour));
  if (changes.length > 0) parts.push(changes.map((line) => `${diffLine(line, colour)}\n`).join(""));
  if (notes.length > 0) parts.push(notes.map((note) => `note: ${note}\n`).join(""));
  return parts.join("\n");
}

function facts(explanation: Explanation): string {
  const { verdict, route, key, outcome, from_destination: destination } = explanation;
  const lines: [string, string][] = [
    ["message", explanation.message],
    ["source", `${explanation.source}${destination === null ? "" : `, which is destination ${destination}`}`],
    ["listener", explanation.listener],
    [
      "validation",
      verdict.ok
        ? "ok"
        : `${verdict.reason.replaceAll("_", " ")}${verdict.answer === null ? "" : `: ${verdict.answer}`}`,
    ],
    ["way", explanation.way],
    ...explanation.skipped_routes.map(({ name, why }): [string, string] => ["not", `${name}: ${why}`]),
  ];
  if (route !== null)
    lines.push(["route", `${route.name}: ${route.action}${route.forwarding === null ? "" : `, ${route.forwarding}`}`]);
  if (explanation.set !== null) lines.push(["set", `${explanation.set}, ${explanation.algorithm}`]);
  if (key !== null) lines.push(["key", `${key.source} ${key.text}, hash ${key.value}`]);
  if (explanation.resources.length > 0) lines.push(["needs", explanation.resources.join(", ")]);
  lines.push(["outcome", `${outcome.kind}: ${outcome.what}`]);
  return lines.map(([label, text]) => `${label.padEnd(LABEL_WIDTH)} ${printable(text)}\n`).join("");
}

function row(destination: ExplainedDestination): Cell[] {
  const { order, name, uri, state, weight, priority, max_calls: max, load, outcome, why } = destination;
  const calls = max === 0 ? String(load ?? "-") : `${load ?? "-"}/${max}`;
  return [
    order === null ? "-" : String(order),
    name,
    name === uri ? "" : uri,
    state,
    String(weight),
    String(priority),
    calls,
    { text: outcome, tone: TONES[outcome] },
    why,
  ];
}

function diffLine({ sign, line }: DiffLine, colour: boolean): string {
  const text = `${sign} ${printable(line)}`;
  return colour ? styleText(DIFF_COLOURS[sign], text, { validateStream: false }) : text;
}

/** What others wrote must not move the cursor of a terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?");
}
