// Completion for zsh.
import type { Place } from "./place.ts";
import { quote } from "./quote.ts";

/** The script. */
export function zshScript(places: readonly Place[]): string {
  const below = places.slice(1).map(({ path }) => quote(path));
  return `#compdef fairlead
# zsh completion for fairlead, written by fairlead completion zsh
_fairlead() {
  local at=fairlead prev=\${words[CURRENT-1]} i
  local -a shown
  for ((i = 2; i < CURRENT; i++)); do
    case "$at \${words[i]}" in
      ${below.join("|")}) at="$at \${words[i]}" ;;
    esac
  done
  case "$at $prev" in
${places.flatMap(valueLines).join("\n")}
  esac
  case "$at" in
${places.map(placeLine).join("\n")}
  esac
}
if [ "$funcstack[1]" = "_fairlead" ]; then _fairlead "$@"; else compdef _fairlead fairlead; fi
`;
}

function valueLines({ path, values }: Place): string[] {
  return values.map(({ flags, choices }) => {
    const patterns = flags.map((flag) => quote(`${path} ${flag}`)).join("|");
    const what = choices.length === 0 ? "_files" : `compadd -- ${choices.map(quote).join(" ")}`;
    return `    ${patterns}) ${what}; return ;;`;
  });
}

function placeLine({ path, commands, options, words, takesFiles }: Place): string {
  const described = [
    ...commands.map(({ name, summary }) => [name, summary]),
    ...words.map((word) => [word, ""]),
    ...options.map(({ flag, summary }) => [flag, summary]),
  ].map(([name = "", summary = ""]) => quote(`${name}${summary === "" ? "" : `:${summary.replaceAll(":", "\\:")}`}`));
  return `    ${quote(path)}) shown=(${described.join(" ")}); _describe command shown${takesFiles ? "; _files" : ""} ;;`;
}
