// kamailio.cfg and opensips.cfg: what the parameters of `dispatcher` and `load_balancer` say. Routing logic is not translated; it
// is told where it stands, and which calls of the two modules it makes.
import { hasErrors, type Problem } from "../problem.ts";
import type { SourceKind } from "../sections/sources.ts";
import { formatHostPort, parseHostPort } from "../values/address.ts";
import { algorithmFault } from "../values/algorithm.ts";
import { type Imported, type Importer, type ImportOptions, NO_PLACES, type Note, type ReadOther } from "./importer.ts";
import { type FoundList, findList, readListSets } from "./script-list.ts";
import { inheritance, type Partition, readPartition } from "./script-partition.ts";
import { ScriptSource } from "./script-source.ts";
import { isScript, type ModuleParameter, readScript, type Script } from "./script-text.ts";

const ASSUMED = "udp://0.0.0.0:5060";
const LISTEN = "--listen udp://HOST:PORT";
const MODULES = ["dispatcher", "load_balancer"];

function read(text: string, file: string, options: ImportOptions, other: ReadOther): Imported {
  const script = readScript(text, file);
  const problems: Problem[] = [];
  const notes: Note[] = [];
  const say = (line: number, what: string, hint = "", severity: Problem["severity"] = "warning") =>
    problems.push({ file, line, column: line === 0 ? 0 : 1, severity, what, hint });
  const algorithm = numbered(options.algorithm, script.isOpensips);
  const fault = algorithm === undefined ? null : algorithmFault(algorithm);
  if (fault !== null) say(0, fault.what, fault.hint, "error");
  const { sources, list, redirect } = sourcesOf(script, say);
  const found = [...sources.values()].filter(({ url }) => url !== "");
  const dispatcher = sources.get("kamailio ") ?? new ScriptSource("kamailio");
  const isListed = list !== null || (found.length === 0 && !script.isOpensips && sources.has("kamailio "));
  const foundList = isListed ? findList(list, file, other) : null;
  const listFile = foundList !== null && "text" in foundList ? foundList : null;
  const missing = list === null || listFile !== null ? undefined : missingList(list, file, foundList);
  const named = listenersOf(script, options, say);
  tellBlocks(script, say);
  if (list !== null && missing !== undefined) {
    notes.push({
      path: ["sets"],
      line: list.line,
      text: `The destinations are in ${list.value}, which was not there.`,
    });
  } else if (list !== null && listFile?.file !== list.value)
    say(list.line, `the destinations are in ${list.value}: ${listFile?.file} is read`);
  if (found.length === 0 && list === null && listFile === null)
    say(0, "neither dispatcher nor load_balancer has a db_url", "db_url, or list_file", "error");
  if (hasErrors(problems)) return { problems, notes, places: NO_PLACES };
  const unnamed = sources.get("opensips ")?.url === "" && !found.some(({ kind }) => kind === "opensips");
  if (unnamed) say(0, "dispatcher has no db_url: nothing of it is taken over", "db_url, or partitions that have one");
  const told = new Set<string>();
  for (const source of isListed ? [...found, dispatcher] : found)
    for (const { name, line, why } of source.leftOut(algorithm)) {
      // Partitions have it from the default one.
      if (told.has(`${line} ${name}`)) continue;
      told.add(`${line} ${name}`);
      say(line, `${source.kind === "load_balancer" ? source.kind : "dispatcher"}: ${name} is not taken over`, why);
    }
  if (isListed) tellUnused(script, say);
  const set = options.set ?? "1";
  const { algorithm: _, ...defaults } = dispatcher.defaults(algorithm, options.probe);
  const listOptions = { ...options, listen: named, ...(algorithm === undefined ? {} : { algorithm }) };
  const listed = listFile === null ? null : readListSets(listFile, listOptions, defaults);
  if (listed !== null) {
    problems.push(...listed.problems);
    notes.push(...listed.notes);
    if (listed.data === undefined) return { problems, notes, places: NO_PLACES };
  }
  if (named.length === 0 && listed === null) say(0, `no listener is named: ${ASSUMED} is assumed`, LISTEN);
  const partition = redirect || (found[0]?.partition ?? "");
  const name = partition === "" ? set : `${partition}.${set}`;
  notes.push({
    path: ["routes"],
    line: 0,
    text: "The script's own routing is not translated: all requests go to one set.",
  });
  if (found.some(({ url }) => /:[^/@]+@/.test(url)))
    notes.push({ path: ["sources"], line: 0, text: "A password in a URL may stand by itself: password: ${VARIABLE}" });
  const withoutList = isListed
    ? { sets: { [set]: { ...(algorithm === undefined ? {} : { algorithm }), ...defaults } } }
    : {};
  const data = {
    listeners: named.length > 0 ? named : [ASSUMED],
    ...(found.length > 0 ? { sources: found.map((source) => source.data(algorithm, options.probe)) } : {}),
    ...withoutList,
    routes: [{ set: name }],
    // As both do unless their script says otherwise.
    protected_headers: [],
    admin: options.admin === undefined ? false : { listen: options.admin },
    // Its listeners are those of `named`, or what its rows name.
    ...listed?.data,
  };
  const whole = { data, problems, notes, places: listed?.places ?? NO_PLACES };
  return missing === undefined ? whole : { ...whole, missing };
}

function missingList({ line, value }: ModuleParameter, file: string, found: Problem | FoundList | null): Problem {
  const why = found !== null && "what" in found ? `: ${found.what}` : "";
  return {
    file,
    line,
    column: 1,
    severity: "error",
    what: `the destinations are in ${value}, which cannot be read${why}`,
    hint: `${value}, or one beside ${file}`,
  };
}

/** What belongs to the table, where there is a list. */
function tellUnused({ parameters }: Script, say: SayAt): void {
  for (const { modules, name, line } of parameters)
    if (modules.includes("dispatcher") && /_col$|^(?:table_name|ds_db_extra_attrs|ds_load_mode)$/.test(name))
      say(line, `dispatcher: ${name} is not taken over`, "it belongs to a table, and the destinations are in a list");
}

/** A number is one of the product's own. */
function numbered(option: string | undefined, isOpensips: boolean): string | undefined {
  if (option === undefined || !/^\d+$/.test(option)) return option;
  return `${isOpensips ? "opensips" : "kamailio"}:${option}`;
}

type SayAt = (line: number, what: string, hint?: string) => void;

interface ScriptSources {
  readonly sources: ReadonlyMap<string, ScriptSource>;
  readonly list: ModuleParameter | null;
  /** The partition that the default one is. */
  readonly redirect: string;
}

function sourcesOf(script: Script, say: SayAt): ScriptSources {
  const sources = new Map<string, ScriptSource>();
  const usual: SourceKind = script.isOpensips ? "opensips" : "kamailio";
  const sourceOf = (kind: SourceKind, partition = "") => {
    const key = `${kind} ${partition}`;
    const source = sources.get(key) ?? new ScriptSource(kind, partition);
    sources.set(key, source);
    return source;
  };
  let list: ModuleParameter | null = null;
  const partitions: Partition[] = [];
  for (const parameter of script.parameters) {
    const { line } = parameter;
    const module = MODULES.find((each) => parameter.modules.includes(each));
    if (module === undefined) continue;
    const tell = (name: string, why: string) => {
      if (why !== "") say(line, `${module}: ${name} is not taken over`, why);
    };
    if (module === "dispatcher" && parameter.name === "list_file") list = parameter;
    else if (module === "dispatcher" && parameter.name === "partition") {
      const partition = readPartition(parameter);
      if (partition === null) tell("this partition", "NAME: db_url=...; table_name=...");
      else partitions.push(partition);
    } else tell(parameter.name, sourceOf(module === "dispatcher" ? usual : "load_balancer").take(parameter));
  }
  for (const { name, line, settings } of partitions)
    for (const { key, value } of settings) {
      const why = sourceOf(usual, name === "default" ? "" : name).take({ name: key, value, line });
      if (why !== "") say(line, `dispatcher: ${key} of partition ${name} is not taken over`, why);
    }
  const redirect = inheritance(sources, usual, partitions, say);
  if (list === null || (sources.get(`${usual} `)?.url ?? "") === "") return { sources, list, redirect };
  say(list.line, "dispatcher: list_file is not taken over", "the table of db_url is read instead");
  return { sources, list: null, redirect };
}

/** Listeners of the command line or the script; empty: none is named. */
function listenersOf(script: Script, { listen }: ImportOptions, say: SayAt): string[] {
  if (listen.length > 0) return [...listen];
  const uris = script.sockets.flatMap(({ line, value }) => {
    const [, transport = "udp", place = ""] = /^(?:(udp|tcp|tls|sctp|ws|wss):)?(.+)$/i.exec(value) ?? [];
    const found = parseHostPort(place);
    if (found === null || !["udp", "tcp"].includes(transport.toLowerCase())) {
      say(
        line,
        `the socket ${value} is not taken over`,
        found === null ? "an address: udp:10.0.0.5:5060" : "--listen, with its certificate",
      );
      return [];
    }
    return [`${transport.toLowerCase()}://${formatHostPort(found.host, found.port ?? 5060)}`];
  });
  return [...new Set(uris)];
}

/** OpenSIPS's default. */
const THRESHOLD = "3";

function tellBlocks({ blocks, isOpensips, parameters }: Script, say: SayAt): void {
  const threshold = parameters.find(({ name }) => /^ds_probing_thresh?hold$/.test(name))?.value ?? THRESHOLD;
  const scoring = parameters.filter(({ name }) => name === "algo_route").map(({ value }) => `route[${value}]`);
  for (const { name, line, lastLine, calls } of blocks) {
    const hint = scoring.includes(name)
      ? "an algorithm of your own whose function is `score`: own:NAME"
      : "sets, routes and failover of fairlead.yaml";
    say(line, `${name} is not translated (lines ${line} to ${lastLine})`, hint);
    for (const call of calls)
      say(
        call.line,
        `${call.text.replaceAll(/\s+/g, " ")} is not translated`,
        hintFor(call.text, isOpensips ? threshold : null),
      );
  }
}

/** What a call of the usual kind is in a configuration. `threshold`: of OpenSIPS's probes; null: it is Kamailio. */
function hintFor(call: string, threshold: string | null): string {
  const [, set, number] = /^ds_select\w*\s*\(\s*"?(\d+)"?\s*,\s*"?(\d+)"?/.exec(call) ?? [];
  const product = threshold === null ? "kamailio" : "opensips";
  if (set !== undefined) return `routes: [{set: ${set}}], algorithm: "${product}:${number}"`;
  if (/^ds_mark_dst/.test(call)) return markHint(call, threshold);
  if (/^ds_next/.test(call)) return "failover: {on: [...]} of the set";
  const [, group, resources] = /^(?:lb_start\w*|load_balance)\s*\(\s*"?(\d+)"?\s*,\s*"([^"]+)"/.exec(call) ?? [];
  if (group !== undefined) return `routes: [{set: ${group}, resources: "${resources}"}]`;
  return "";
}

/** OpenSIPS's `i`, which is also what no letter means, keeps it out until somebody brings it back; its `p` counts to the threshold. */
function markHint(call: string, threshold: string | null): string {
  const isOpensips = threshold !== null;
  const [, letters = isOpensips ? "i" : ""] = /^ds_mark_dst\s*\(\s*"([a-z]+)"/.exec(call) ?? [];
  if (letters === "a") return "one good answer to a probe: probe: {up_after: 1}";
  const isForGood = letters.startsWith("d") || (isOpensips && letters === "i");
  const counts = isOpensips && letters === "p" && /^[1-9]\d{0,2}$/.test(threshold) && threshold !== "1";
  const more = isForGood ? ", mark_as: disabled" : counts ? `, mark_after: ${threshold}` : "";
  return `failover: {mark: [...]${more}} of the set or route`;
}

/** The importer. */
export const script: Importer = { name: "kamailio.cfg or opensips.cfg", recognise: isScript, read };
