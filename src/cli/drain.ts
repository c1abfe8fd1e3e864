// How far a drain is, and waiting for its end, with progress on a terminal and silence in a pipe.
import type { AdminClient } from "../admin/client.ts";
import type { DrainResource } from "../admin/resources.ts";
import { formatAge } from "./table.ts";

const LOOK_MS = 1_000;

/** Resolves when no call is left on the destination, or when it is not draining any more. */
export async function waitForDrain(client: AdminClient, set: string, key: string): Promise<void> {
  const { stderr } = process;
  for (;;) {
    const { destinations } = await client.set(set);
    const own = destinations.filter(({ name, configured, uri }) => [name, configured, uri].includes(key));
    const drains = own.flatMap(({ drain }) => (drain === null ? [] : [drain]));
    const calls = drains.reduce((sum, drain) => sum + drain.calls, 0);
    const etas = drains.flatMap(({ calls: left, eta_s }) => (left === 0 || eta_s === null ? [] : [eta_s]));
    const eta = etas.length === 0 ? null : Math.max(...etas);
    if (stderr.isTTY) stderr.write(`\r\x1b[K${drainText({ calls, eta_s: eta })}`);
    if (calls === 0) break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  if (stderr.isTTY) stderr.write("\n");
}

/** `12 calls left, about 3m`. */
export function drainText({ calls, eta_s }: DrainResource): string {
  if (calls === 0) return "no calls left";
  const about = eta_s === null ? "" : `, about ${formatAge(eta_s * 1000)}`;
  return `${calls} ${calls === 1 ? "call" : "calls"} left${about}`;
}
