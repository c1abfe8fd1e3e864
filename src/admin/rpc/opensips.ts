// OpenSIPS's commands: those of its load_balancer module, and of its dispatcher module under their new names (`dispatcher:list`) and their old ones (`ds_list`).
import { SCRIPT_ATTRS } from "../../config/sections/destination.ts";
import { type AdminBackend, type DestinationView, PASSING } from "../backend.ts";
import type { StateName } from "../resources.ts";
import { entriesOf, groupsOf } from "./groups.ts";
import { type Dialect, type RpcCommand, RpcFault } from "./json-rpc.ts";
import { LOAD_BALANCER } from "./opensips-load-balancer.ts";
import { rowWords, socketOf } from "./own-words.ts";

const MISSING = new RpcFault(-32_602, "Invalid params");
/** The partition of sets whose name names none. */
const PARTITION = "default";
/** Sets from the table of a partition (`sources[].opensips.partition`) are called so. */
const IN_PARTITION = /^(.+)\.(\d{1,9})$/;
/** Letters and digits of the command; the digits of the table mean something else. What is inactive there is never pinged. */
const STATES: Readonly<Record<string, { readonly state: StateName; readonly isMarked?: boolean }>> = {
  a: { state: "active", isMarked: false },
  i: { state: "disabled" },
  p: { state: "inactive", isMarked: true },
  "1": { state: "active", isMarked: false },
  "0": { state: "disabled" },
  "2": { state: "inactive", isMarked: true },
};

const list: RpcCommand = {
  names: ["dispatcher:list", "ds_list"],
  parameters: ["full", "partition"],
  role: "viewer",
  run({ backend }, full = "0", partition = "") {
    checkPartition(backend, partition);
    const isFull = full !== "0" && full !== "";
    const partitions = new Map<string, object[]>([[PARTITION, []]]);
    for (const { id, entries } of groupsOf(backend)) {
      const place = placeOf(id);
      const sets = partitions.get(place.partition) ?? [];
      partitions.set(place.partition, sets);
      sets.push({
        id: /^\d{1,9}$/.test(place.id) ? Number(place.id) : place.id,
        Destinations: entries.map(({ shown, rows }) => destinationOf(backend, shown, rows, isFull)),
      });
    }
    const shown = [...partitions].filter(([name]) => partition === "" || name === partition);
    return { PARTITIONS: shown.map(([name, SETS]) => ({ name, SETS })) };
  },
};

const setState: RpcCommand = {
  names: ["dispatcher:set_state", "ds_set_state"],
  parameters: ["state", "group", "address"],
  role: "operator",
  run({ backend }, given, group, address) {
    if (given === undefined || group === undefined || address === undefined) throw MISSING;
    const word = given.toLowerCase();
    const wanted = Object.hasOwn(STATES, word) ? STATES[word] : undefined;
    if (wanted === undefined) throw new RpcFault(500, `unknown state "${given}": a, i, p or 1, 0, 2`);
    const [partition = "", id = ""] = group.includes(":") ? group.split(":", 2) : [PARTITION, group];
    checkPartition(backend, partition);
    const found = address.toLowerCase() === "all" ? [] : entriesOf(backend, setNameOf(partition, id), address);
    if (found.length === 0) throw new RpcFault(404, "destination not found");
    const { state, isMarked } = wanted;
    for (const { shown } of found)
      backend.setState(shown.slot, true, state, `operator: ds_set_state ${given}`, isMarked);
    return "OK";
  },
};

const reload: RpcCommand = {
  names: ["dispatcher:reload", "ds_reload"],
  parameters: ["partition", "inherit_state"],
  role: "operator",
  async run({ backend }, partition = PARTITION, inherit = "y") {
    checkPartition(backend, partition);
    if (inherit !== "y" && inherit !== "n") throw new RpcFault(400, "inherit_state is y or n");
    const { ok, problems } = await backend.reload();
    if (ok && inherit === "n") backend.startOver();
    if (ok) return "OK";
    throw new RpcFault(500, problems.find(({ severity }) => severity === "error")?.what ?? "the reload failed");
  },
};

/** Theirs are seen by the script; here they are shown, until the next reload. */
const pushScriptAttrs: RpcCommand = {
  names: ["dispatcher:push_script_attrs", "ds_push_script_attrs"],
  parameters: ["attrs", "ip", "port", "set|setid", "partition"],
  role: "operator",
  async run({ backend }, attrs, ip, port, set, partition = PARTITION) {
    if (attrs === undefined || ip === undefined || port === undefined || set === undefined) throw MISSING;
    checkPartition(backend, partition);
    const name = setNameOf(partition, set);
    const address = ip.replace(/^\[(.*)\]$/, "$1").toLowerCase();
    const entries = groupsOf(backend).find(({ id }) => id === name)?.entries ?? [];
    const isThere = (view: DestinationView) => view.address === address && String(view.port) === port;
    const found = entries.filter(({ rows }) => rows.some(isThere));
    if (found.length === 0) throw new RpcFault(404, "destination not found");
    for (const { shown } of found) {
      const change = { attrs: { [SCRIPT_ATTRS]: attrs } };
      const { ok, problems } = await backend.apply({ kind: "change", slot: shown.slot, change }, PASSING);
      if (!ok)
        throw new RpcFault(
          500,
          problems.find(({ severity }) => severity === "error")?.what ?? "the change was refused",
        );
    }
    return "OK";
  },
};

function destinationOf(
  backend: AdminBackend,
  view: DestinationView,
  rows: readonly DestinationView[],
  isFull: boolean,
): object {
  const { uri, listener, weight, priority, slot } = view;
  const pushed = view.attrs[SCRIPT_ATTRS];
  const { text, description } = rowWords(view.attrs);
  return {
    URI: uri,
    state: stateOf(view),
    first_hit_counter: backend.live.counter(slot, "requests"),
    ...(listener === undefined ? {} : { socket: socketOf(backend, listener) }),
    ...(text === "" ? {} : { attr: text }),
    ...(pushed === undefined ? {} : { script_attr: pushed }),
    ...(isFull ? { weight, priority } : {}),
    ...(isFull && description !== "" ? { description } : {}),
    resolved_addresses: rows.filter(({ address }) => address !== "").map(addressOf),
  };
}

/** OpenSIPS calls Probing what is down and is being probed; what an operator took out is Inactive. */
function stateOf({ state, isMarked }: DestinationView): string {
  if (state === "active" || state === "trying" || state === "standby") return "Active";
  return state === "inactive" && isMarked ? "Probing" : "Inactive";
}

function addressOf({ address, port }: DestinationView): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function checkPartition(backend: AdminBackend, name: string): void {
  if (name === PARTITION || name === "") return;
  if (backend.sets().some((set) => placeOf(set.name).partition === name)) return;
  throw new RpcFault(404, `there is no partition "${name}"`);
}

/** Partition and id of a set. */
function placeOf(set: string): { readonly partition: string; readonly id: string } {
  const [, partition, id] = IN_PARTITION.exec(set) ?? [];
  return partition === undefined || id === undefined ? { partition: PARTITION, id: set } : { partition, id };
}

/** The set that is meant by them. */
function setNameOf(partition: string, id: string): string {
  return partition === PARTITION || partition === "" ? id : `${partition}.${id}`;
}

const COMMANDS: readonly RpcCommand[] = [list, setState, reload, pushScriptAttrs, ...LOAD_BALANCER];

/** Their clients ask for it before anything else. */
const which: RpcCommand = {
  names: ["which"],
  parameters: [],
  role: "viewer",
  run: () => [...COMMANDS.flatMap(({ names }) => names), "which"].sort(),
};

/** OpenSIPS's interface. */
export const OPENSIPS: Dialect = {
  commands: [...COMMANDS, which],
  isOrdered: false,
  unknownMethod: new RpcFault(-32_601, "Method not found"),
  statusOf: () => 200,
};
