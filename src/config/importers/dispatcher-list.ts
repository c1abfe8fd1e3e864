// Kamailio's dispatcher.list, as the dispatcher module (6.2) reads it.
import type { Path, Places } from "../finding.ts";
import { hasErrors, type Problem } from "../problem.ts";
import type { Imported, Importer, ImportOptions, Note } from "./importer.ts";
import { type ListDestination, readDestination } from "./list-destination.ts";
import { listenersOf, matchListener } from "./list-listeners.ts";
import { readRecords } from "./list-record.ts";
import { algorithmOf, chooseSet, setData, weightWarnings } from "./list-set.ts";

/** Lines that are looked at to recognise a file. */
const LOOK_AT = 50;

function recognise(text: string, fileName: string): boolean {
  const lines = text.slice(0, 65_536).split("\n").slice(0, LOOK_AT);
  const first = lines.map((line) => line.trim()).find((line) => line !== "" && !line.startsWith("#"));
  if (first !== undefined && /^\d+\s+[^\s:]+(:|\s|$)/.test(first) && !/^\d+\s+:/.test(first)) return true;
  return fileName.endsWith(".list");
}

/** The lines behind the parts of the result. */
class ListPlaces implements Places {
  readonly #places = new Map<string, { line: number; column: number }>();

  set(path: Path, line: number, column: number): void {
    this.#places.set(path.join("\0"), { line, column });
  }

  find(path: Path): { line: number; column: number } {
    for (let length = path.length; length > 0; length--) {
      const place = this.#places.get(path.slice(0, length).join("\0"));
      if (place !== undefined) return place;
    }
    return { line: 0, column: 0 };
  }
}

const KEPT =
  "As with Kamailio, everybody's P-Asserted-Identity goes on. Without this line, only that of sources in `trusted` does.";

function read(text: string, file: string, options: ImportOptions): Imported {
  const problems: Problem[] = [];
  const notes: Note[] = [];
  const places = new ListPlaces();
  const say = (line: number, column: number, what: string, hint = "", severity: Problem["severity"] = "warning") =>
    problems.push({ file, line, column, severity, what, hint });

  const destinations: ListDestination[] = [];
  for (const record of readRecords(text)) {
    if (record.uri === "") {
      say(
        record.line,
        record.column,
        `set ${record.set} without a URI: Kamailio refuses the whole file`,
        "SETID URI FLAGS PRIORITY ATTRS",
        "error",
      );
      continue;
    }
    const one = readDestination(record);
    for (const remark of one.remarks) say(record.line, remark.column, remark.what, remark.hint);
    if (one.data !== null) destinations.push(one);
  }

  const algorithm = algorithmOf(options.algorithm);
  if (typeof algorithm !== "string") say(0, 0, algorithm.what, algorithm.hint, "error");
  const listeners = listenersOf(options.listen, destinations, options.inForce);
  if (listeners.assumed) {
    const what = `no listener is named: ${listeners.uris[0]} is assumed`;
    say(0, 0, what, "--listen udp://HOST:PORT");
    notes.push({ path: ["listeners"], line: 0, text: "A dispatcher.list names no listener: this one is assumed." });
  }
  for (const { uri, like, line } of listeners.added) {
    const isTcp = uri.startsWith("tcp");
    const what = isTcp ? "is added to connect from, and opens no port" : "is added";
    const hint = isTcp
      ? `in calls, destinations ask by ${like}; or --listen ${uri}`
      : `beside ${like}; --listen ${uri}`;
    say(line, 1, `no listener is of the transport of this line: ${uri} ${what}`, hint);
    notes.push({ path: ["listeners"], line, text: `${uri} ${what}.` });
  }

  const sets = new Map<number, ListDestination[]>();
  for (const one of destinations) {
    const listener = matchListener(one.socket, options.listen);
    if (listener === null) {
      const what = `socket "${one.socket}" is not one of the listeners: left out, as Kamailio leaves it out`;
      say(one.record.line, one.record.attrsColumn, what, `listeners: ${listeners.uris.join(", ")}`);
      continue;
    }
    const prober = matchListener(one.pingSocket, options.listen);
    if (prober === null) {
      const what = `ping_socket "${one.pingSocket}" is not one of the listeners: left out, as Kamailio leaves it out`;
      say(one.record.line, one.record.attrsColumn, what, `listeners: ${listeners.uris.join(", ")}`);
      continue;
    }
    if (listener !== undefined && one.data !== null) one.data.listener = listener;
    if (prober !== undefined && one.data !== null) one.data.probe_listener = prober;
    const set = sets.get(one.record.set) ?? [];
    set.push(one);
    sets.set(one.record.set, set);
  }
  if (sets.size === 0) say(0, 0, "there is no destination in the file", "", "error");

  const setsData: Record<string, unknown> = {};
  for (const [id, members] of [...sets].sort(([a], [b]) => a - b)) {
    const name = String(id >>> 0);
    giveNames(members, say);
    for (const [index, one] of members.entries()) {
      const path = ["sets", name, "destinations", index];
      places.set(path, one.record.line, one.record.uriColumn);
      for (const note of one.notes) notes.push({ path, line: one.record.line, text: note });
    }
    places.set(["sets", name], members[0]?.record.line ?? 0, members[0]?.record.column ?? 0);
    if (typeof algorithm !== "string") continue;
    for (const warning of weightWarnings(algorithm, members))
      say(warning.line, warning.column, warning.what, warning.hint);
    setsData[name] = setData(algorithm, members, options.probe);
  }

  const chosen = chooseSet(options.set, sets);
  if (chosen.problem !== undefined) say(0, 0, chosen.problem.what, chosen.problem.hint, chosen.problem.severity);
  if (hasErrors(problems) || chosen.name === undefined) return { problems, notes, places };
  notes.push({ path: ["protected_headers"], line: 0, text: KEPT });
  const data = {
    listeners: listeners.written,
    sets: setsData,
    routes: [{ set: chosen.name }],
    // As Kamailio does unless its script says otherwise: trunks vouch for callers, and we do not know which ones are theirs.
    protected_headers: [],
    admin: options.admin === undefined ? false : { listen: options.admin },
  };
  return { data, problems, notes, places };
}

/** Kamailio lets one URI stand twice in a set and counts it twice; a name is for one only. */
function giveNames(
  members: readonly ListDestination[],
  say: (line: number, column: number, what: string, hint: string) => void,
): void {
  const seen = new Map<string, number>();
  for (const one of members) {
    const count = (seen.get(one.name) ?? 0) + 1;
    seen.set(one.name, count);
    if (count === 1 || one.data === null) continue;
    const isOneServer = one.data.name === undefined;
    one.data.name = `${one.name}#${count}`;
    const { line, uriColumn, set } = one.record;
    if (isOneServer) {
      const what = `"${one.name}" is in set ${set} ${count} times: each gets a share, as in Kamailio`;
      say(line, uriColumn, what, "remove the line if that is not meant");
    } else
      say(
        line,
        uriColumn,
        `another destination of set ${set} has the duid "${one.name}": this one is called ${one.data.name}`,
        "a duid for each",
      );
  }
}

/** The importer. */
export const dispatcherList: Importer = { name: "Kamailio dispatcher.list", recognise, read };
