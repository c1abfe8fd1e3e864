// What the attributes of a destination say about its latency, in Kamailio's words; read where an algorithm of Kamailio's goes by it.

/** Whether it has congestion control: `cc` is 1. */
export function hasCongestionControl({ cc }: Readonly<Record<string, string>>): boolean {
  return cc === "1";
}

/** The latency that it begins with, in whole milliseconds up to 999,999 (`latency`); 0: none is given. */
export function presetLatency({ latency }: Readonly<Record<string, string>>): number {
  return latency !== undefined && /^\d{1,6}$/.test(latency) ? Number(latency) : 0;
}
