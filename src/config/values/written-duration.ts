// Durations as people write them: `500ms`, `10s`, `1m`, `2h`, `1d`. Inside, always milliseconds.

/** What one looks like. */
export const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
/** The same for people. */
export const DURATION_HINT = "a number and a unit: 500ms, 10s, 1m, 2h";
const FACTORS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a written duration; -1 when it is not one. */
export function parseDuration(text: string): number {
  const match = DURATION.exec(text);
  return match === null ? -1 : Math.round(Number(match[1]) * (FACTORS[match[2] ?? ""] ?? 0));
}

/** The shortest exact way to write milliseconds: 60000 is `1m`, 1500 is `1500ms`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  for (const unit of ["d", "h", "m", "s"]) {
    const factor = FACTORS[unit] ?? 1;
    if (ms % factor === 0) return `${ms / factor}${unit}`;
  }
  return `${ms}ms`;
}
