// Which destination a command means: people write its name, its URI, or SET/NAME.
import { Option } from "commander";
import { AdminError } from "../admin/admin-error.ts";
import type { AdminClient } from "../admin/client.ts";
import type { DestinationResource } from "../admin/resources.ts";
import { UsageError } from "./admin-command.ts";

/** The option `--set`. */
export function setOption(): Option {
  return new Option("--set <name>", "its set, where the name alone is not enough");
}

/** What the API answers to a name that it does not know: one that is looked up here ends a command with the same exit code. */
const NOT_FOUND = 404;

/**
 * The destination; `key` is what the API knows it by in its set. Throws `AdminError` where there is none of that name, and `UsageError`
 * where it may be several.
 */
export async function namedDestination(
  client: AdminClient,
  text: string,
  set: string | undefined,
): Promise<DestinationResource & { key: string }> {
  const all = (await client.destinations()).filter((destination) => set === undefined || destination.set === set);
  const slash = text.indexOf("/");
  const [inSet, rest] = slash < 0 ? ["", ""] : [text.slice(0, slash), text.slice(slash + 1)];
  const found = all.filter(
    ({ set: own, name, configured, uri }) =>
      [name, configured, uri].includes(text) || (own === inSet && [name, configured, uri].includes(rest)),
  );
  const [destination] = found;
  if (destination === undefined)
    throw new AdminError(NOT_FOUND, `there is no destination "${text}" (fairlead destinations ls)`);
  const isOne = found.every((each) => each.set === destination.set && each.configured === destination.configured);
  if (found.length > 1 && isOne) return { ...destination, name: destination.configured, key: destination.configured };
  if (found.length > 1) {
    const choices = found.map((choice) => `${choice.set}/${choice.name}`).join(", ");
    throw new UsageError(`"${text}" may be any of ${choices}; add --set`);
  }
  const namesakes = all.filter(({ set: own, name }) => own === destination.set && name === destination.name);
  return { ...destination, key: namesakes.length > 1 ? destination.uri : destination.name };
}
