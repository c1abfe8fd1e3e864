// The real outside world for config/: files, environment, clock, cores.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { ConfigIo } from "../config/io.ts";

/** Reads this process's file system and environment. */
export const configurationIo: ConfigIo = {
  readFile: (path) => readFileSync(path, "utf8"),
  environment: (name) => process.env[name],
  now: () => Date.now(),
  cores: availableParallelism(),
};
