// A caller of a crowd: a socket, and what its messages are made of.
import { FROM, inviteTemplate, type Template, viaTemplate } from "./messages.ts";
import type { CallerSource } from "./wire.ts";

const URI = Buffer.from("sip:u");

/** One of them; UDP. */
export interface Caller {
  readonly socket: number;
  readonly invite: Template;
  readonly ackVia: Template;
  readonly byeVia: Template;
  /** Request URI, version and Via of the ACK to a refusal: those of the INVITE (RFC 3261 17.1.1.3). */
  readonly refusalVia: Template;
}

/** The caller behind a socket. */
export function callerOf({ socket, port }: CallerSource): Caller {
  const invite = inviteTemplate(port, "udp");
  return {
    socket,
    invite,
    ackVia: viaTemplate("ACK", port, "udp"),
    byeVia: viaTemplate("BYE", port, "udp"),
    refusalVia: headOf(invite),
  };
}

function headOf({ bytes, numbers }: Template): Template {
  const start = bytes.indexOf(URI);
  const end = bytes.indexOf(FROM);
  const inside = numbers.filter((place) => place >= start && place < end);
  return {
    bytes: bytes.subarray(start, end),
    numbers: inside.map((place) => place - start),
    stirred: new Int32Array(0),
  };
}
