// One line of JSON per finished transaction, when asked for. Off the packet path's rules: it makes strings, and only then.
import { RecordKind } from "../bridge/handoff.ts";
import { formatEndpoint } from "../net/endpoint.ts";
import { B, BRANCH_WORDS } from "./branches.ts";
import { type Context, Count } from "./context.ts";
import { readStored } from "./restore.ts";
import { T, TRANSACTION_WORDS } from "./transactions.ts";

const nobody = new Int32Array(6);

/**
 * Hands main one line about the transaction `row`, which ends with `status` (0: nobody answered a non-INVITE). Call before
 * its request is given back. A full ring loses the line and counts it.
 */
export function logAccess(c: Context, row: number, status: number): void {
  const words = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const { other } = c;
  if (!readStored(c, row, other)) return;
  const branch = words[at + T.branch]! * BRANCH_WORDS;
  const set = c.adopted.sets[words[at + T.set]!];
  const line = Buffer.from(
    JSON.stringify({
      method: other.bytes.toString("latin1", other.methodStart, other.methodEnd),
      call_id: other.bytes.toString("latin1", other.callIdStart, other.callIdEnd),
      cseq: other.cseq,
      code: status,
      src: formatEndpoint(words, at + T.peer),
      dst: branch === 0 ? null : formatEndpoint(c.branches.words, branch + B.endpoint),
      listener: c.adopted.listeners[words[at + T.listener]!]?.entry.sentBy ?? null,
      set: set?.dispatch.name ?? null,
      duration_ms: (c.now - words[at + T.created]!) | 0,
    }),
  );
  if (!c.toMain.push(RecordKind.accessLog, 0, c.now, nobody, 0, nobody, 0, line, 0, line.length))
    c.count(Count.access_log_lost);
}
