// OpenSIPS's commands of its load_balancer module. A destination of theirs is a number, the id of its row: here that is its name, if
// that is a number (as it is where the rows come from their table), else a number of its own, which is nobody's name.
import { type AdminBackend, PASSING } from "../backend.ts";
import type { ResourceFigures, StateName } from "../resources.ts";
import { isUsable } from "../views.ts";
import { type GroupEntry, groupsOf } from "./groups.ts";
import { type RpcCommand, RpcFault } from "./json-rpc.ts";
import { rowWords } from "./own-words.ts";

const MISSING = new RpcFault(-32_602, "Invalid params");
const NOT_FOUND = new RpcFault(404, "destination ID not found");
/** More than there are slots: what is taken among the first numbers is looked for beyond all of them. */
const NEXT_RANGE = 1_000_000;

/** A destination with resources. */
interface Member extends GroupEntry {
  readonly group: string;
  readonly id: number;
  readonly resources: Readonly<Record<string, ResourceFigures>>;
}

const list: RpcCommand = {
  names: ["load_balancer:list", "lb_list"],
  parameters: [],
  role: "viewer",
  run: ({ backend }) => ({
    Destinations: membersOf(backend).map(({ shown, group, id, resources }) => ({
      uri: shown.uri,
      id,
      group: numberOrText(group),
      enabled: isUsable(shown.state) ? "yes" : "no",
      // Only an operator takes a destination out for good.
      "auto-reenable": isOutForGood(shown.state) ? "off" : "on",
      Resources: Object.entries(resources).map(([name, { capacity, load }]) => ({ name, max: capacity, load })),
      ...attrsOf(shown.attrs),
    })),
  }),
};

const resize: RpcCommand = {
  names: ["load_balancer:resize", "lb_resize"],
  parameters: ["destination_id|id", "res_name|res|resource", "new_capacity|capacity"],
  role: "operator",
  async run({ backend }, id, name, capacity) {
    if (id === undefined || name === undefined || capacity === undefined || !isWhole(capacity)) throw MISSING;
    const { shown, resources } = memberOf(backend, id);
    if (!Object.hasOwn(resources, name)) throw new RpcFault(404, `destination ${id} has no resource ${name}`);
    const change = { resources: { [name]: Number(capacity) } };
    const { ok, problems } = await backend.apply({ kind: "change", slot: shown.slot, change }, PASSING);
    if (ok) return "OK";
    throw new RpcFault(500, problems.find(({ severity }) => severity === "error")?.what ?? "the change was refused");
  },
};

const status: RpcCommand = {
  names: ["load_balancer:status", "lb_status"],
  parameters: ["destination_id|id", "new_status|status"],
  role: "viewer",
  changes: (_, wanted) => wanted !== undefined,
  run({ backend }, id, wanted) {
    if (id === undefined) throw MISSING;
    const { shown } = memberOf(backend, id);
    if (wanted === undefined) return { enable: isUsable(shown.state) ? "yes" : "no", ...attrsOf(shown.attrs) };
    if (wanted !== "0" && wanted !== "1") throw MISSING;
    const state = wanted === "1" ? "active" : "disabled";
    backend.setState(shown.slot, true, state, `operator: lb_status ${wanted}`);
    return "OK";
  },
};

const reload: RpcCommand = {
  names: ["load_balancer:reload", "lb_reload"],
  parameters: [],
  role: "operator",
  async run({ backend }) {
    const { ok, problems } = await backend.reload();
    if (ok) return "OK";
    throw new RpcFault(500, problems.find(({ severity }) => severity === "error")?.what ?? "the reload failed");
  },
};

/** The commands. */
export const LOAD_BALANCER: readonly RpcCommand[] = [list, resize, status, reload];

function membersOf(backend: AdminBackend): Member[] {
  const all = groupsOf(backend).flatMap(({ id: group, entries }) =>
    entries.map((entry) => ({ ...entry, group, resources: sumOf(entry) })),
  );
  const members = all.filter(({ resources }) => Object.keys(resources).length > 0);
  const names = members.map(({ shown }) => shown.configured);
  const taken = new Set(names.filter(isWhole).map(Number));
  return members.map((member) => ({ ...member, id: idOf(member, taken) }));
}

/** It keeps it as long as it is there, unless a destination comes whose name it is. */
function idOf({ rows, shown }: GroupEntry, taken: ReadonlySet<number>): number {
  const { configured, slot } = rows[0] ?? shown;
  if (isWhole(configured)) return Number(configured);
  let id = slot + 1;
  while (taken.has(id)) id += NEXT_RANGE;
  return id;
}

/** By name, else by the id that is shown, or by URI. Throws when there is none, or when it is not clear which one is meant. */
function memberOf(backend: AdminBackend, id: string): Member {
  const members = membersOf(backend);
  const named = members.filter(({ shown }) => shown.configured === id);
  const others = members.filter((member) => String(member.id) === id || member.shown.uri === id);
  const found = named.length > 0 ? named : others;
  const [one] = found;
  if (one === undefined) throw NOT_FOUND;
  if (found.length > 1) throw new RpcFault(409, `${found.length} destinations are ${id}`);
  return one;
}

/** A host name is one destination, with what all its servers have. */
function sumOf({ rows }: GroupEntry): Readonly<Record<string, ResourceFigures>> {
  const sums = new Map<string, ResourceFigures>();
  for (const { resources } of rows) {
    for (const [name, { capacity, load }] of Object.entries(resources)) {
      const before = sums.get(name) ?? { capacity: 0, load: 0 };
      sums.set(name, { capacity: before.capacity + capacity, load: before.load + load });
    }
  }
  return Object.fromEntries(sums);
}

function isOutForGood(state: StateName): boolean {
  return state === "disabled" || state === "draining";
}

function attrsOf(attrs: Readonly<Record<string, string>>): { attrs?: string } {
  const { text } = rowWords(attrs);
  return text === "" ? {} : { attrs: text };
}

function isWhole(text: string): boolean {
  return /^\d{1,9}$/.test(text);
}

function numberOrText(text: string): number | string {
  return isWhole(text) ? Number(text) : text;
}
