// The bytes of a probe and what is read from its answer. A probe is an ordinary request (RFC 3261 11.1) from one of our
// listeners; the branch of its Via names the destination's slot and is keyed, so that nobody can answer for another.
import { createHmac } from "node:crypto";
import {
  isProbeBranch,
  PROBE_BRANCH_LENGTH,
  PROBE_BRANCH_PREFIX,
  probeBranchCheck,
  probeBranchSlot,
  writeProbeBranch,
} from "../bridge/probe-branch.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import type { TransportName } from "../net/transport.ts";

/** What goes into a probe. */
export interface ProbeText {
  readonly method: string;
  readonly uri: string;
  /** `host:port` of the listener it leaves from. */
  readonly sentBy: string;
  readonly transport: TransportName;
  /** A URI; empty: `sip:prober@` and the listener's host. */
  readonly from: string;
  readonly slot: number;
  readonly sequence: number;
  /** 16 hex digits, see `probeCheck`. */
  readonly check: string;
}

/** The keyed check of a probe: 16 hex digits over slot, sequence and the address it goes to. */
export function probeCheck(key: Uint8Array, slot: number, sequence: number, endpoint: Int32Array): string {
  const words = new Int32Array(2 + ENDPOINT_WORDS);
  words[0] = slot;
  words[1] = sequence;
  words.set(endpoint.subarray(0, ENDPOINT_WORDS), 2);
  return createHmac("sha256", key).update(new Uint8Array(words.buffer)).digest("hex").slice(0, 16);
}

/** The request as bytes. */
export function writeProbe(text: ProbeText): Buffer {
  const host = text.sentBy.replace(/:\d+$/, "");
  const from = text.from === "" ? `sip:prober@${host}` : text.from;
  const lines = [
    `${text.method} ${text.uri} SIP/2.0`,
    `Via: SIP/2.0/${text.transport.toUpperCase()} ${text.sentBy};rport;branch=${writeProbeBranch(text.slot, text.check)}`,
    "Max-Forwards: 70",
    `From: <${from}>;tag=${text.slot.toString(16)}-${text.check.slice(0, 8)}`,
    `To: <${text.uri}>`,
    `Call-ID: ${text.check}-${text.slot.toString(16)}-${text.sequence}@${host}`,
    `CSeq: ${text.sequence} ${text.method}`,
    `Contact: <sip:${text.sentBy}${text.transport === "udp" ? "" : `;transport=${text.transport}`}>`,
    "Accept: application/sdp",
    "Content-Length: 0",
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "utf8");
}

/** What an answer, or a probe quoted by an ICMP error, says about itself. */
export interface ProbeAnswer {
  /** 100 to 699; 0 when the bytes are no response. */
  readonly status: number;
  readonly slot: number;
  readonly check: string;
}

const HEAD_BYTES = 2048;

/** Reads status and branch; null when there is no probe branch in the first 2 KiB. Nothing is verified here. */
export function readProbeAnswer(bytes: Buffer, start: number, end: number): ProbeAnswer | null {
  const head = bytes.subarray(start, Math.min(end, start + HEAD_BYTES));
  const at = head.indexOf(PROBE_BRANCH_PREFIX, 0, "latin1");
  if (at < 0 || !isProbeBranch(head, at, Math.min(at + PROBE_BRANCH_LENGTH, head.length))) return null;
  const slot = probeBranchSlot(head, at);
  if (slot < 0) return null;
  const line = /^SIP\/2\.0 ([1-6]\d\d) /i.exec(head.toString("latin1", 0, 12));
  return { status: line === null ? 0 : Number(line[1]), slot, check: probeBranchCheck(head, at) };
}
