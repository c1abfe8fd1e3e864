// What a sender may say: headers that vouch for somebody, such as P-Asserted-Identity (RFC 3325 5), are believed by those
// behind us because they come from us. From strangers they therefore do not go on.
import type { Header } from "../sip/header.ts";
import { type Context, Count } from "./context.ts";
import { inBlock } from "./pattern.ts";

/** Whether the request at hand comes from a destination, or from a source that the configuration trusts. */
export function isTrusted(c: Context): boolean {
  const { trusted } = c.adopted.snapshot;
  for (let i = 0; i < trusted.length; i++) {
    const { words, prefix } = trusted[i]!;
    if (inBlock(c.peer, 0, words, prefix)) return true;
  }
  return c.adopted.slotAt(c.peer, 0) >= 0;
}

/** Leaves the protected headers out of the request at hand (in `c.edits`), unless its sender is trusted. */
export function removeProtected(c: Context): void {
  const { protectedHeaders } = c.adopted;
  const { count } = c.message;
  for (let i = 0; i < protectedHeaders.length; i++) {
    if (count[protectedHeaders[i]!] === 0) continue;
    // Asked once there is such a header at all: most requests have none.
    if (!isTrusted(c)) removeFrom(c, i);
    return;
  }
}

/** Removes all lines of the protected headers from the `first` one on. */
function removeFrom(c: Context, first: number): void {
  const { message, edits } = c;
  const { protectedHeaders } = c.adopted;
  for (let i = first; i < protectedHeaders.length; i++) {
    const header = protectedHeaders[i] as Header;
    for (let lineEnd = -1; message.nextLine(header, lineEnd); lineEnd = message.iterLineEnd) {
      edits.remove(message.iterLineStart, message.iterLineEnd);
      c.count(Count.protected_headers_removed);
    }
  }
}
