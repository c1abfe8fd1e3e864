/** Why a file cannot be read, as the file system has it: `ENOENT`. */
export function whyUnreadable(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unreadable";
}
