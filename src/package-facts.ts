// What package.json says about the program.
import { readFileSync } from "node:fs";

/** Version and one-sentence description. */
export const PACKAGE = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
  readonly description: string;
};
