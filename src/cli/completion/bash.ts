// Completion for bash, 3.2 and later.
import type { Place } from "./place.ts";
import { quote } from "./quote.ts";

/** The script. */
export function bashScript(places: readonly Place[]): string {
  const below = places.slice(1).map(({ path }) => quote(path));
  return `# bash completion for fairlead, written by fairlead completion bash
_fairlead() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at=fairlead words="" files="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
      ${below.join("|")}) at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at $prev" in
${places.flatMap(valueLines).join("\n")}
  esac
  case "$at" in
${places.map(placeLine).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ -n $files && $cur != -* ]]; then COMPREPLY+=($(compgen -f -- "$cur")); fi
}
complete -o filenames -F _fairlead fairlead
`;
}

function valueLines({ path, values }: Place): string[] {
  return values.map(({ flags, choices }) => {
    const patterns = flags.map((flag) => quote(`${path} ${flag}`)).join("|");
    const what = choices.length === 0 ? `-f -- "$cur"` : `-W ${quote(choices.join(" "))} -- "$cur"`;
    return `    ${patterns}) COMPREPLY=($(compgen ${what})); return ;;`;
  });
}

function placeLine({ path, commands, options, words, takesFiles }: Place): string {
  const all = [...commands.map(({ name }) => name), ...words, ...options.map(({ flag }) => flag)].join(" ");
  return `    ${quote(path)}) words=${quote(all)}${takesFiles ? " files=1" : ""} ;;`;
}
