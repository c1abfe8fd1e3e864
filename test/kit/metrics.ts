// Reads Prometheus' text format, as far as tests need it.

/** One sample line. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** All samples of a page. */
export function parseMetrics(page: string): Sample[] {
  return page.split("\n").flatMap((line) => {
    const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/.exec(line);
    if (line.startsWith("#") || found === null) return [];
    const labels = [...(found[2] ?? "").matchAll(/(\w+)="((?:\\.|[^"\\])*)"/g)].map(([, name, value]) => [name, value]);
    return [{ name: found[1]!, labels: Object.fromEntries(labels), value: Number(found[3]) }];
  });
}

/** Sum of the samples of that name which carry all of `labels`; `fairlead_` may be left out of the name. */
export function sumOf(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): number {
  const matching = samples.filter(
    (sample) =>
      (sample.name === name || sample.name === `fairlead_${name}`) &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  return matching.reduce((sum, sample) => sum + sample.value, 0);
}
