// Kamailio's commands `dispatcher.*` (module dispatcher), with the words and shapes of version 5.6: scripts and panels that
// speak to a Kamailio go on working.
import { type ListAttributes, readAttributes } from "../../config/importers/list-attributes.ts";
import { weightsOf } from "../../config/importers/list-set.ts";
import type { AdminBackend, Applied } from "../backend.ts";
import type { NewDestination, StateName } from "../resources.ts";
import { entriesOf, type GroupEntry, groupsOf } from "./groups.ts";
import { type Dialect, type RpcCommand, RpcFault } from "./json-rpc.ts";
import { destOf, overloadOf } from "./kamailio-dest.ts";
import { listenerOfSocket } from "./own-words.ts";

const INVALID = new RpcFault(500, "Invalid Parameters");
/** Decimal or, since 2025, hexadecimal. */
const FLAGS = /^(?:\d{1,9}|0x[0-9a-f]{1,8})$/i;
const STATE_UPDATED = "Ok. Dispatcher state updated.";
/** The letter, or the digit, of a state. */
const STATES: Readonly<Record<string, StateName>> = {
  a: "active",
  i: "inactive",
  t: "trying",
  d: "disabled",
  "1": "active",
  "0": "inactive",
  "3": "trying",
  "2": "disabled",
};

const list: RpcCommand = {
  names: ["dispatcher.list"],
  parameters: ["mode"],
  role: "viewer",
  run({ backend }, mode = "") {
    const groups = groupsOf(backend).filter(({ entries }) => entries.length > 0);
    if (groups.length === 0) throw new RpcFault(500, "No Destination Sets");
    return {
      NRSETS: groups.length,
      RECORDS: groups.map(({ id, entries }) => ({
        SET: {
          ID: numberOrText(id),
          TARGETS: entries.map(({ shown }, at) => ({ DEST: destOf(backend, shown, at, mode.toLowerCase()) })),
        },
      })),
    };
  },
};

const setState: RpcCommand = {
  names: ["dispatcher.set_state"],
  parameters: ["state", "group", "address"],
  role: "operator",
  run({ backend }, state, group, address) {
    if (state === undefined || group === undefined || address === undefined) throw INVALID;
    return update(backend, state, entriesOf(backend, group, address));
  },
};

const setDuidState: RpcCommand = {
  names: ["dispatcher.set_duid_state"],
  parameters: ["state", "group", "duid"],
  role: "operator",
  run({ backend }, state, group, duid) {
    if (state === undefined || group === undefined || duid === undefined) throw INVALID;
    // An imported duid is the destination's name; a name that is only the URI is none.
    const named = entriesOf(backend, group, "all").filter(({ shown }) => shown.configured === duid);
    return update(
      backend,
      state,
      named.filter(({ shown }) => shown.configured !== shown.uri),
    );
  },
};

function update(backend: AdminBackend, text: string, entries: readonly GroupEntry[]): string {
  const state = STATES[text.slice(0, 1).toLowerCase()];
  if (state === undefined) throw new RpcFault(500, "Unknown State Value");
  if (entries.length === 0) throw new RpcFault(500, "State Update Failed");
  const isMarked = state !== "disabled" && text.slice(1, 2).toLowerCase() === "p";
  for (const { shown } of entries) {
    backend.setState(shown.slot, true, state, `operator: dispatcher.set_state ${text}`, isMarked);
  }
  return STATE_UPDATED;
}

const reload: RpcCommand = {
  names: ["dispatcher.reload"],
  parameters: [],
  role: "operator",
  async run({ backend }) {
    check(await backend.reload());
    return "Ok. Dispatcher successfully reloaded.";
  },
};

const pingActive: RpcCommand = {
  names: ["dispatcher.ping_active"],
  parameters: ["state"],
  role: "operator",
  run({ backend }, wanted) {
    const old = Number(backend.probing());
    if (wanted === undefined) return { OldPingState: old };
    if (wanted !== "0" && wanted !== "1") throw INVALID;
    backend.probing(wanted === "1");
    return { NewPingState: Number(wanted), OldPingState: old };
  },
};

const add: RpcCommand = {
  names: ["dispatcher.add"],
  parameters: ["group", "address", "flags", "priority", "attrs"],
  role: "admin",
  async run({ backend }, group, address, flags = "0", priority = "0", attrs = "") {
    if (group === undefined || address === undefined || !FLAGS.test(flags) || !isWhole(priority)) throw INVALID;
    const read = readAttributes(attrs);
    const { duid, maxload, socket, pingSocket, pingFrom, opaque } = read;
    const weight = weightIn(backend, group, read);
    const listener = socket === undefined ? undefined : listenerOfSocket(backend, socket);
    if (socket !== undefined && listener === undefined) throw new RpcFault(500, unknownSocket(backend, socket));
    const prober = pingSocket === undefined ? undefined : listenerOfSocket(backend, pingSocket);
    if (pingSocket !== undefined && prober === undefined) throw new RpcFault(500, unknownSocket(backend, pingSocket));
    const destination: NewDestination = {
      set: group,
      uri: /^sips?:/i.test(address) ? address : `sip:${address}`,
      priority: Number(priority),
      ...(duid === undefined ? {} : { name: duid }),
      ...(maxload > 0 ? { max_calls: maxload } : {}),
      ...(weight === undefined ? {} : { weight }),
      ...(listener === undefined ? {} : { listener: listener.name }),
      ...(prober === undefined ? {} : { probe_listener: prober.name }),
      ...(pingFrom === undefined ? {} : { probe_from: pingFrom }),
      ...settingsOf(Number(flags)),
      attrs: opaque,
    };
    check(await backend.apply({ kind: "add", destination }));
    return "Ok. Dispatcher destination added.";
  },
};

/** Its share, by whichever attribute the set's algorithm reads; undefined: none is told and none is read. */
function weightIn(backend: AdminBackend, group: string, { weight, rweight, opaque }: ListAttributes) {
  const { algorithm = "" } = backend.sets().find(({ name }) => name === group) ?? {};
  const others = backend
    .destinations()
    .filter(({ set }) => set === group)
    .map(({ attrs }) => ({ weight: -1, rweight: -1, data: { attrs } }));
  return weightsOf([...others, { weight, rweight, data: { attrs: opaque } }], algorithm).at(-1);
}

function unknownSocket(backend: AdminBackend, socket: string): string {
  const known = backend.listeners().map(({ uri }) => uri);
  return `socket "${socket}" is not one of the listeners (${known.join(", ")})`;
}

/** What the bits of a destination's flags say. */
function settingsOf(flags: number): Pick<NewDestination, "state" | "probe"> {
  const state = (flags & 4) !== 0 ? "disabled" : (flags & 1) !== 0 ? "inactive" : "active";
  return { state, probe: (flags & 32) !== 0 ? "never" : (flags & 8) !== 0 ? "marked" : "default" };
}

const remove: RpcCommand = {
  names: ["dispatcher.remove"],
  parameters: ["group", "address"],
  role: "admin",
  async run({ backend }, group, address) {
    if (group === undefined || address === undefined) throw INVALID;
    const found = entriesOf(backend, group, address);
    if (found.length === 0 || address.toLowerCase() === "all")
      throw new RpcFault(500, "Removing dispatcher dst failed");
    for (const { shown } of found) check(await backend.apply({ kind: "remove", slot: shown.slot }));
    return "Ok. Dispatcher destination removed.";
  },
};

const hash: RpcCommand = {
  names: ["dispatcher.hash"],
  parameters: ["nslots", "value1", "value2"],
  role: "viewer",
  run({ backend }, slots, first, second = "") {
    if (slots === undefined || first === undefined || !isWhole(slots)) throw INVALID;
    const hashid = backend.coreHash(first, second);
    return { hashid, slot: Number(slots) > 0 ? hashid % Number(slots) : 0 };
  },
};

const overloadList: RpcCommand = {
  names: ["dispatcher.oclist"],
  parameters: ["group"],
  role: "viewer",
  run({ backend }, group) {
    if (group === undefined) throw INVALID;
    const found = groupsOf(backend).find(({ id }) => id === group);
    if (found === undefined) throw new RpcFault(404, "Dispatcher Group Not Found");
    return found.entries.map(({ shown }) => overloadOf(backend, shown, group));
  },
};

/** Kamailio's interface. */
export const KAMAILIO: Dialect = {
  commands: [list, setState, setDuidState, reload, pingActive, add, remove, hash, overloadList],
  isOrdered: true,
  unknownMethod: new RpcFault(500, "Method Not Found"),
  statusOf: ({ code }) => (code >= 400 && code < 600 ? code : 500),
};

function check({ ok, problems }: Applied): void {
  if (ok) return;
  const what = problems.find(({ severity }) => severity === "error")?.what ?? "the configuration was refused";
  throw new RpcFault(500, what);
}

function isWhole(text: string): boolean {
  return /^\d{1,9}$/.test(text);
}

function numberOrText(id: string): number | string {
  return isWhole(id) ? Number(id) : id;
}
