// Section `listeners`: where SIP is received, and the name under which others reach us there.
import { z } from "zod";
import { defaultPort, isTransportName, Transport, type TransportName } from "../../net/transport.ts";
import { formatHostPort, type HostPort, isNumericHost, parseHostPort } from "../values/address.ts";
import { type AddressBlockConfig, addressBlock } from "../values/address-block.ts";
import { refuse } from "../values/issue.ts";
import { isName } from "../values/reference.ts";

/** Transports of SIP that this version does not receive over. */
const OTHER_TRANSPORTS = ["tls", "ws", "wss", "sctp"];
const URI_HINT = "udp://HOST:PORT or tcp://HOST:PORT, such as udp://0.0.0.0:5060 or udp://[::]:5060";

/** A listener. `host` is an address without brackets. */
export interface ListenerConfig {
  /** The operator's name, or the URI. */
  readonly name: string;
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
  /** What goes into Via and Record-Route instead of the bound address; port undefined: the bound one. */
  readonly advertise?: HostPort;
  /** Whose requests it takes, besides those of destinations; empty: everybody's. */
  readonly allow: readonly AddressBlockConfig[];
}

const long = z.strictObject({
  uri: z
    .string()
    .meta({ title: "listener URI", examples: ["udp://0.0.0.0:5060"] })
    .describe(
      "Where to receive: `udp://HOST:PORT` or `tcp://HOST:PORT`. The host is an address of this machine, or a wildcard.",
    ),
  advertise: z
    .string()
    .optional()
    .meta({ title: "HOST[:PORT]" })
    .describe("Host and port under which others reach this listener; they go into Via and Record-Route."),
  allow: z
    .array(addressBlock)
    .min(1)
    .max(1000)
    .optional()
    .describe("Address blocks whose requests are taken here, besides those of destinations. Default: everybody's."),
  name: z.string().optional().describe("Name by which routes and destinations speak of it. Default: the URI."),
});

/** Schema of one listener. */
export const listener = z
  .union([z.string().meta({ title: "listener URI" }), long])
  .transform((value, sink): ListenerConfig => {
    const given: z.output<typeof long> = typeof value === "string" ? { uri: value } : value;
    const at = typeof value === "string" ? [] : ["uri"];
    const match = /^([a-z]+):(?:\/\/)?(.*)$/i.exec(given.uri);
    if (match === null) return refuse(sink, value, `"${given.uri}" is not a listener`, URI_HINT, at);
    const transport = (match[1] ?? "").toLowerCase();
    if (OTHER_TRANSPORTS.includes(transport)) {
      const why = transport === "sctp" ? " (Node has no SCTP)" : "";
      return refuse(sink, value, `transport ${transport} is not available in this version${why}`, "udp or tcp", at);
    }
    if (!isTransportName(transport)) return refuse(sink, value, `unknown transport "${transport}"`, URI_HINT, at);
    const place = parseHostPort(match[2] ?? "", 0);
    if (place === null) return refuse(sink, value, `"${given.uri}" is not a listener`, URI_HINT, at);
    if (!isNumericHost(place.host)) {
      return refuse(
        sink,
        value,
        `listener host "${place.host}" is a name`,
        "an address of this machine; a name belongs into advertise",
        at,
      );
    }
    if (hasZone(place.host)) {
      const what = `listener host "${place.host}" has a zone, which no Via can name`;
      return refuse(sink, value, what, "udp://[::]:5060 takes what comes to link-local addresses, too", at);
    }
    const port = place.port ?? defaultPort(Transport[transport]);
    const name = given.name ?? `${transport}://${formatHostPort(place.host, port)}`;
    if (given.name !== undefined && !isName(given.name)) {
      return refuse(sink, value, `"${given.name}" is not a name`, "letters, digits, _ . -", ["name"]);
    }
    const base: ListenerConfig = { name, transport, host: place.host, port, allow: given.allow ?? [] };
    if (given.advertise === undefined) return base;
    const advertise = parseHostPort(given.advertise);
    if (advertise === null || hasZone(advertise.host)) {
      const hint = advertise === null ? "" : "without a zone: no Via can name it";
      return refuse(sink, value, `"${given.advertise}" is not HOST[:PORT]`, hint, ["advertise"]);
    }
    return { ...base, advertise };
  });

/** Whether an IPv6 address names an interface (`%eth0`); RFC 3261 25.1 has no way to write that. */
function hasZone(host: string): boolean {
  return host.includes("%");
}

/** Schema of the section. */
export const listeners = z
  .array(listener)
  .min(1)
  .max(64)
  .describe("Where SIP is received. Changing them needs a restart.");

/** The URI by which a listener can always be spoken of. */
export function listenerUri(config: ListenerConfig): string {
  return `${config.transport}://${formatHostPort(config.host, config.port)}`;
}
