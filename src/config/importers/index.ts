// The importers: one file and one line each. `run`, `check` and `import` ask them in this order.
import { dispatcherList } from "./dispatcher-list.ts";
import type { Importer } from "./importer.ts";
import { script } from "./script.ts";

/** Every importer. */
export const IMPORTERS: readonly Importer[] = [script, dispatcherList];
