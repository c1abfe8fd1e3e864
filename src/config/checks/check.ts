// What a check is: it looks at a valid configuration and says what would surprise its operator.
import type { Finding } from "../finding.ts";
import type { Config } from "../schema.ts";

/** What is known besides the configuration. */
export interface Surroundings {
  /** Processor cores; 0: unknown. */
  readonly cores: number;
  /** The configuration comes from an importer, which has said for itself what it left out. */
  readonly isImported: boolean;
}

/** A check. It reports warnings, or errors where starting would be dangerous. */
export interface Check {
  /** One sentence for the reference page. */
  readonly summary: string;
  look(config: Config, surroundings: Surroundings): Finding[];
}
