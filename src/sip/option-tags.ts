// Lists of option tags: Supported, Require and Proxy-Require (RFC 3261 20.37), over as many lines as there are.
import type { Header } from "./header.ts";
import type { Message } from "./message.ts";
import { equalsIgnoreCase, skipSpace, trimEnd } from "./scan.ts";

/** Whether a header that lists option tags has this one (lower case). */
export function hasOptionTag(message: Message, header: Header, tag: Uint8Array): boolean {
  const { bytes } = message;
  for (let from = -1; message.nextLine(header, from); from = message.iterLineEnd) {
    const { iterEnd } = message;
    for (let at = message.iterStart; at < iterEnd; at++) {
      const start = skipSpace(bytes, at, iterEnd);
      at = start;
      while (at < iterEnd && bytes[at] !== 0x2c) at++;
      if (equalsIgnoreCase(bytes, start, trimEnd(bytes, start, at), tag)) return true;
    }
  }
  return false;
}
