// A metric whose value is somewhere else: it is read when a scraper asks.
import { Counter, Gauge, type Registry } from "prom-client";

/** A gauge or counter that is filled when it is read. */
export function read(
  registry: Registry,
  kind: "gauge" | "counter",
  name: string,
  help: string,
  labelNames: readonly string[],
  fill: (set: (value: number, labels?: Record<string, string>) => void) => void,
): void {
  const registers = [registry];
  const options = { name: `fairlead_${name}`, help, labelNames: [...labelNames], registers };
  if (kind === "gauge") {
    new Gauge({
      ...options,
      collect() {
        this.reset();
        fill((value, labels = {}) => this.set(labels, value));
      },
    });
    return;
  }
  new Counter({
    ...options,
    collect() {
      this.reset();
      fill((value, labels = {}) => this.inc(labels, value));
    },
  });
}
