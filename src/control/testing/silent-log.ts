// A log for tests that nothing is read from.
import type { Log } from "../log.ts";

/** A log that says nothing. */
export const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };
