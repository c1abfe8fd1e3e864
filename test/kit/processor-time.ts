// Bounds of time that do not depend on who else uses the machine: what a thread has used of a processor, not what a clock says.
const MICRO = 1000;

/** What this thread has used of a processor since it began, the system's part included. Milliseconds. */
export function processorTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / MICRO;
}

/** What `work` uses of a processor, milliseconds. */
export function processorTimeOf(work: () => void): number {
  const begin = processorTime();
  work();
  return processorTime() - begin;
}
