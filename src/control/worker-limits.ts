// What of the limits of the process is each worker's.
import type { TableLimits } from "../bridge/worker-start.ts";

/** `limits` are those of the process; every worker gets its share. */
export function perWorker(limits: TableLimits, workers: number): TableLimits {
  const share = (whole: number) => Math.ceil(whole / workers);
  const { transactions, dialogs, messageBytes } = limits;
  return { transactions: share(transactions), dialogs: share(dialogs), messageBytes: share(messageBytes) };
}
