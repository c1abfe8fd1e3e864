// Words as bash and zsh take them literally.

/** The text in single quotes: nothing in it means anything to a shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
