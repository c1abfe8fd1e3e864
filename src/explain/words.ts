// How a message's way is told, and what can only be known to a running instance.

import { algorithmIn } from "../config/own-algorithms.ts";
import type { Config } from "../config/schema.ts";
import type { Rehearsal } from "../proxy/rehearsal.ts";

/** How it was decided where the message goes, in one sentence. */
export function wayText(rehearsal: Rehearsal): string {
  switch (rehearsal.way) {
    case null:
      return "a response goes back by the branch in our Via, to the transaction or by the keyed check that it carries";
    case "not-allowed":
      return "the listener does not take requests from there (allow)";
    case "malformed":
      return "refused by validation (RFC 3261 16.3)";
    case "scanner":
      return "its User-Agent is a scanner's (scanners)";
    case "max-forwards":
      return "Max-Forwards is used up (RFC 3261 16.3)";
    case "loop":
      return "it has been here before, unchanged (RFC 5393 4.2)";
    case "max-breadth":
      return "Max-Breadth is used up (RFC 5393 5.3.3)";
    case "record-route":
      return rehearsal.side === "callee"
        ? "within a dialog, by our Record-Route: from the callee's side"
        : "within a dialog, by our Record-Route: to the destination that it names";
    case "foreign-record-route":
      return "it carries a Record-Route of ours whose check does not hold";
    case "flow":
      return "over the flow of a registered phone, which our Path or Contact names: for destinations and trusted sources only";
    case "in-dialog-from-pool":
      return "within a dialog, from a destination: by its Route or request URI";
    case "routes":
      return rehearsal.isInDialog ? "within a dialog that is not known here: by the routes" : "by the routes";
  }
}

/** What cannot be known without the instance that runs, or depends on more than the message. */
export function notesOn(config: Config, rehearsal: Rehearsal, listener: number, isLive: boolean): string[] {
  const notes: string[] = [];
  const { way, route, method } = rehearsal;
  const action = config.routes[route]?.action;
  const set =
    rehearsal.isDispatched && action?.kind === "dispatch"
      ? config.sets.find(({ name }) => name === action.set)
      : undefined;
  if (action?.kind === "dispatch" && rehearsal.pool >= 0 && !rehearsal.isDispatched)
    notes.push("the sender belongs to the route's own set, so the request goes by its Route and request URI");
  if (way === null) notes.push("transactions are known to the running instance only");
  if (way === "foreign-record-route" && config.keys.length === 0)
    notes.push("the configuration has no keys: only the process that wrote the Record-Route can check it");
  if (way === "flow")
    notes.push("whether the connection of that phone is still open is known to the running instance only");
  if (way === "routes" && rehearsal.isInDialog)
    notes.push("the running instance follows a dialog that it remembers before it asks the routes");
  if (way === "routes" && (method === "CANCEL" || method === "ACK") && config.forwarding === "stateful")
    notes.push(`a ${method} follows the transaction of its INVITE, which the running instance knows`);
  if (rehearsal.withholds)
    notes.push(
      "protected headers are removed, and not there for routes: the source is neither a destination nor one of `trusted`",
    );
  if (rehearsal.dropsRoutes)
    notes.push("its Route is not followed and not passed on: the source is neither a destination nor one of `trusted`");
  if (rehearsal.replaces)
    notes.push("Replaces and Join lead to the destination of the dialog they name, which the running instance knows");
  const moving = set === undefined ? undefined : algorithmIn(config.algorithms, set.algorithm)?.goesBy;
  if (set !== undefined && moving !== undefined)
    notes.push(`${set.algorithm} goes by ${moving}: the next such request may go elsewhere`);
  if (set !== undefined && !isLive && set.probe !== null)
    notes.push("states are as configured; --admin takes them from the running instance, which probes");
  const { host, advertise } = config.listeners[listener]!;
  if ((host === "0.0.0.0" || host === "::") && advertise === undefined)
    notes.push(
      "the listener takes the local address of each message for Via and Record-Route; loopback stands for it here",
    );
  return notes;
}
