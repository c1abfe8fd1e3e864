// Large pages for large tables. A table of hundreds of megabytes that is read at random costs a walk through the page
// tables per row; 2 MiB pages spare most of it. What it gains has not been measured. Only a hint: where the system has none to give, nothing changes.
import type { Libc } from "./libc.ts";

const MADV_HUGEPAGE = 14;
const HUGE_PAGE = 1 << 21;

/** Asks for 2 MiB pages behind `buffer` from byte `from` on, from the first whole one to the last; few bytes are left alone. */
export function adviseHugePages(libc: Libc, buffer: ArrayBuffer, from = 0): void {
  if (buffer.byteLength - from < 2 * HUGE_PAGE) return;
  const address = libc.addressOf(buffer);
  const start = Math.ceil((address + from) / HUGE_PAGE) * HUGE_PAGE;
  const end = Math.floor((address + buffer.byteLength) / HUGE_PAGE) * HUGE_PAGE;
  if (end > start) libc.madvise(start, end - start, MADV_HUGEPAGE);
}
