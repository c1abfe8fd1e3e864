// An outside world for tests: files and variables from memory.
import type { ConfigIo } from "./io.ts";
import type { ReadOptions } from "./open.ts";

/** Options of somebody who gave none. */
export const NO_OPTIONS: ReadOptions = { listen: [] };

/** Files by absolute path, variables by name, and a machine of four cores. */
export function fakeIo(
  files: Readonly<Record<string, string>> = {},
  variables: Readonly<Record<string, string>> = {},
): ConfigIo {
  return {
    readFile(path) {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: "ENOENT" });
      return text;
    },
    environment: (name) => variables[name],
    now: () => Date.UTC(2026, 0, 2),
    cores: 4,
  };
}
