// Requests of those who look for open servers and say so: no answer tells them that there is one.
import { Header } from "../sip/header.ts";
import type { Context } from "./context.ts";
import { isTrusted } from "./trust.ts";

/** Whether the request at hand, which is no destination's, is one of a stranger that says it is a scanner. */
export function isScanner(c: Context): boolean {
  const { bytes, valueStart, valueEnd } = c.message;
  const start = valueStart[Header.userAgent]!;
  return start >= 0 && c.adopted.scanners!.names(bytes, start, valueEnd[Header.userAgent]!) && !isTrusted(c);
}
