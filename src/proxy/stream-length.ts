// Where a message ends on a stream, said so that nobody can take it otherwise: a connection to a destination carries the requests
// of all callers, and what one of them has in a body must not be read as a request of another.
import type { Edits } from "../sip/edits.ts";
import { Header } from "../sip/header.ts";
import type { Message } from "../sip/message.ts";
import { ascii } from "../sip/scan.ts";

const CONTENT_LENGTH = ascii("Content-Length: ");
const CRLF = ascii("\r\n");
const COLON = 0x3a;
const CR = 0x0d;

/**
 * Adds the Content-Length that a message over a stream must have and one in a datagram need not (RFC 3261 18.3, 20.14); one that
 * is folded or has blanks before its colon, which not every receiver reads, is written anew.
 */
export function frameForStream(edits: Edits, message: Message): void {
  if (message.contentLength >= 0) {
    if (isPlain(message)) return;
    edits.remove(message.lineStart[Header.contentLength]!, message.lineEnd[Header.contentLength]!);
  }
  const from = edits.text(CONTENT_LENGTH);
  edits.decimal(message.end - message.bodyStart);
  edits.text(CRLF);
  edits.insert(message.bodyStart - 2, from);
}

function isPlain({ bytes, lineStart, lineEnd }: Message): boolean {
  const end = lineEnd[Header.contentLength]! - 2;
  let at = lineStart[Header.contentLength]!;
  for (; bytes[at] !== COLON; at++) if (bytes[at]! <= 0x20) return false;
  for (; at < end; at++) if (bytes[at] === CR) return false;
  return true;
}
