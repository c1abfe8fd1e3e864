// Requests of those who look for open servers and say so: no answer tells them that there is one.
import { Header } from "../sip/header.ts";
import type { Context } from "./context.ts";
import { isTrusted } from "./trust.ts";

/** Whether the request at hand, which is no destination's, is one of a stranger that says it is a scanner, in whichever of its User-Agent lines. */
export function isScanner(c: Context): boolean {
  const { message, adopted } = c;
  for (let lineEnd = -1; message.nextLine(Header.userAgent, lineEnd); lineEnd = message.iterLineEnd)
    if (adopted.scanners!.names(message.bytes, message.iterStart, message.iterEnd)) return !isTrusted(c);
  return false;
}
