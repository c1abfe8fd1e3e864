// How an answer to one of our probes is told from an answer to a call: by the branch of its top Via. A worker only has to
// recognise the prefix and pass the whole datagram to main; main reads slot and check and decides whether it is genuine.
// Format, 32 characters: "z9hG4bK" "p" SLOT(8 hex digits, lower case) CHECK(16 hex digits, lower case).

/** The prefix of every probe's branch. The branch of a call must never begin so. */
export const PROBE_BRANCH_PREFIX = "z9hG4bKp";
const SLOT_DIGITS = 8;
const CHECK_DIGITS = 16;
/** Characters of a probe's branch. */
export const PROBE_BRANCH_LENGTH = PROBE_BRANCH_PREFIX.length + SLOT_DIGITS + CHECK_DIGITS;

const PREFIX = Buffer.from(PROBE_BRANCH_PREFIX, "latin1");

/** Writes a probe's branch; `check` is 16 lower-case hex digits. */
export function writeProbeBranch(slot: number, check: string): string {
  return `${PROBE_BRANCH_PREFIX}${slot.toString(16).padStart(SLOT_DIGITS, "0")}${check}`;
}

/** Whether the branch in `bytes[start..end)` is one of a probe (length and prefix only; the check is main's business). */
export function isProbeBranch(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== PROBE_BRANCH_LENGTH) return false;
  for (let i = 0; i < PREFIX.length; i++) if (bytes[start + i] !== PREFIX[i]) return false;
  return true;
}

/** The slot named by a branch that `isProbeBranch` accepted; -1 when its digits are no number. */
export function probeBranchSlot(bytes: Uint8Array, start: number): number {
  let slot = 0;
  const from = start + PREFIX.length;
  for (let i = from; i < from + SLOT_DIGITS; i++) {
    const digit = hexDigit(bytes[i]!);
    if (digit < 0) return -1;
    slot = slot * 16 + digit;
  }
  return slot;
}

/** The check of a branch that `isProbeBranch` accepted, as text. Not for the packet path. */
export function probeBranchCheck(bytes: Buffer, start: number): string {
  const from = start + PREFIX.length + SLOT_DIGITS;
  return bytes.toString("latin1", from, from + CHECK_DIGITS);
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  if (byte >= 0x61 && byte <= 0x66) return byte - 0x57;
  return -1;
}
