// The order of destinations inside a set: what `priority`, index 0 and the failover list are about.

/**
 * The order of our own configuration: the higher priority first, equals as they are written. Returns a new array.
 */
export function orderDestinations<T extends { readonly priority: number }>(destinations: readonly T[]): T[] {
  return [...destinations].sort((a, b) => b.priority - a.priority);
}

/**
 * Kamailio's order for what it reads from `dispatcher.list` or its table: the higher priority first, equals in reverse (the
 * last line gets the lower index). `destinations` are in load order. Returns a new array.
 */
export function orderDestinationsAsKamailio<T extends { readonly priority: number }>(destinations: readonly T[]): T[] {
  return orderDestinations([...destinations].reverse());
}
