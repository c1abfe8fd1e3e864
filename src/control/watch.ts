// Watching configuration files. The folder is watched, not the file: editors and config maps replace files by renaming.
import { createHash } from "node:crypto";
import { type FSWatcher, readFileSync, watch } from "node:fs";
import { dirname } from "node:path";

const QUIET = 200;

/**
 * Calls `onChange` when the content of one of the files has changed and stayed so for a moment, and `onError` when the
 * system will not, or no longer, watch; returns how to stop.
 */
export function watchFiles(
  files: readonly string[],
  onChange: () => void,
  onError: (what: string) => void,
): () => void {
  let known = contentOf(files);
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    const now = contentOf(files);
    // A file that is away for a moment is being replaced.
    if (now === null || now === known) return;
    known = now;
    onChange();
  };
  const stir = () => {
    clearTimeout(timer);
    timer = setTimeout(look, QUIET);
  };
  const watchers: FSWatcher[] = [];
  for (const folder of new Set(files.map((file) => dirname(file)))) {
    const fail = (error: unknown) => onError(`${folder}: ${error instanceof Error ? error.message : String(error)}`);
    try {
      watchers.push(watch(folder, { persistent: false }, stir).on("error", fail));
    } catch (error) {
      // The system's watches are used up (inotify limits).
      fail(error);
    }
  }
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

function contentOf(files: readonly string[]): string | null {
  const hash = createHash("sha256");
  try {
    for (const file of files) hash.update(readFileSync(file)).update("\0");
  } catch {
    return null;
  }
  return hash.digest("hex");
}
