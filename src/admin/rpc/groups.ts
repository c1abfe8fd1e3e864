// Destinations as Kamailio and OpenSIPS list them: one entry for each line of their tables, in groups that are numbers. A host
// name is one entry there, however many servers it stands for.
import type { AdminBackend, DestinationView } from "../backend.ts";
import { isUsable } from "../views.ts";

/** An entry: the destination as configured, seen through the one of its servers that serves. */
export interface GroupEntry {
  readonly shown: DestinationView;
  /** All its servers. */
  readonly rows: readonly DestinationView[];
}

/** A group with its entries, in the order of selection. */
export interface Group {
  readonly id: string;
  readonly entries: readonly GroupEntry[];
}

/** All groups. */
export function groupsOf(backend: AdminBackend): Group[] {
  const all = backend.destinations();
  return backend.sets().map(({ name }) => {
    const byName = new Map<string, DestinationView[]>();
    for (const view of all) {
      if (view.set !== name) continue;
      const rows = byName.get(view.configured);
      if (rows === undefined) byName.set(view.configured, [view]);
      else rows.push(view);
    }
    const entries = [...byName.values()].map((rows) => ({
      rows,
      shown: rows.find(({ state }) => isUsable(state)) ?? rows[0]!,
    }));
    return { id: name, entries };
  });
}

/** The entries of a group with this URI, or all of them for `all` in any case; empty: there are none. */
export function entriesOf(backend: AdminBackend, group: string, uri: string): readonly GroupEntry[] {
  const entries = groupsOf(backend).find(({ id }) => id === group)?.entries ?? [];
  return uri.toLowerCase() === "all" ? entries : entries.filter(({ shown }) => shown.uri === uri);
}
