// Configurations for tests, written as in the file.
import { buildConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";

/** The configuration; throws what is wrong with it. */
export function configOf(data: unknown): Config {
  const built = buildConfig(data, "test", { readFile: () => "", environment: () => undefined, now: () => 0, cores: 0 });
  if (built.config === undefined) throw new Error(JSON.stringify(built.findings));
  return built.config;
}
