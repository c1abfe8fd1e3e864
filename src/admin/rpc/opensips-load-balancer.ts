// OpenSIPS's commands of its load_balancer module. A destination of theirs is a number, the id of its row: here that is its name, if
// that is a number (as it is where the rows come from their table), else a number that it keeps as long as it is there.
import type { AdminBackend } from "../backend.ts";
import type { ResourceFigures, StateName } from "../resources.ts";
import { isUsable } from "../views.ts";
import { type GroupEntry, groupsOf } from "./groups.ts";
import { type RpcCommand, RpcFault } from "./json-rpc.ts";

/** Among a destination's own words, those that a script would have pushed (`ds_push_script_attrs`). */
export const SCRIPT_ATTRS = "script_attrs";

const MISSING = new RpcFault(-32_602, "Invalid params");
const NOT_FOUND = new RpcFault(404, "destination ID not found");

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
    const { ok, problems } = await backend.apply({ kind: "change", slot: shown.slot, change });
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
  return groupsOf(backend).flatMap(({ id: group, entries }) =>
    entries.flatMap((entry): Member[] => {
      const resources = sumOf(entry);
      if (Object.keys(resources).length === 0) return [];
      const { configured, slot } = entry.rows[0] ?? entry.shown;
      return [{ ...entry, group, id: isWhole(configured) ? Number(configured) : slot + 1, resources }];
    }),
  );
}

/** By id, else by name or URI. */
function memberOf(backend: AdminBackend, id: string): Member {
  const members = membersOf(backend);
  const found =
    members.find((member) => String(member.id) === id) ??
    members.find(({ shown }) => shown.configured === id || shown.uri === id);
  if (found === undefined) throw NOT_FOUND;
  return found;
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
  const own = Object.entries(attrs).filter(([name]) => name !== SCRIPT_ATTRS);
  const words = own.map(([name, value]) => `${name}=${value}`);
  return words.length === 0 ? {} : { attrs: words.join(";") };
}

function isWhole(text: string): boolean {
  return /^\d{1,9}$/.test(text);
}

function numberOrText(text: string): number | string {
  return isWhole(text) ? Number(text) : text;
}
