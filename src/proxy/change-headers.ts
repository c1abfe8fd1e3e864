// Making a route's changes to the headers of a request: edits like all others, made anew each time the request is written.
import { type Header, isNamed } from "../sip/header.ts";
import type { Context } from "./context.ts";
import type { HeaderChanges } from "./header-changes.ts";
import { lineEndAt, nameEndAt } from "./header-lines.ts";
import { writeText } from "./key-text.ts";
import { removeLines } from "./trust.ts";

const COLON_BLANK = Buffer.from(": ");
const CRLF = Buffer.from("\r\n");

/** Makes the changes to the request at hand (in `c.edits`). */
export function changeHeaders(c: Context, { known, names, addedNames, values }: HeaderChanges): void {
  const { edits, message } = c;
  for (let i = 0; i < known.length; i++)
    if (message.count[known[i]!] !== 0) removeLines(edits, message, known[i] as Header);
  if (names.length > 0) removeNamed(c, names);
  for (let i = 0; i < addedNames.length; i++) {
    const from = edits.text(addedNames[i]!);
    edits.text(COLON_BLANK);
    writeText(c, values[i]!, edits);
    edits.text(CRLF);
    edits.insert(message.bodyStart - 2, from);
  }
}

function removeNamed(c: Context, names: readonly Uint8Array[]): void {
  const { edits, message } = c;
  const { bytes } = message;
  for (let at = message.headersStart; at < message.bodyStart - 2; ) {
    const lineEnd = lineEndAt(message, at);
    const nameEnd = nameEndAt(bytes, at, lineEnd);
    for (let i = 0; i < names.length; i++) {
      if (!isNamed(bytes, at, nameEnd, names[i]!)) continue;
      edits.remove(at, lineEnd);
      break;
    }
    at = lineEnd;
  }
}
