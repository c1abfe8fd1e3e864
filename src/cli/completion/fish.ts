// Completion for fish.
import type { Place } from "./place.ts";

/** The script. */
export function fishScript(places: readonly Place[]): string {
  const below = places.slice(1).map(({ path }) => quote(path));
  return `# fish completion for fairlead, written by fairlead completion fish
function __fairlead_at
  set -l at fairlead
  for word in (commandline -opc)[2..-1]
    if contains -- "$at $word" ${below.join(" ")}
      set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
complete -c fairlead -f
${places.flatMap(lines).join("\n")}
`;
}

function lines({ path, commands, options, values, words, takesFiles }: Place): string[] {
  const start = `complete -c fairlead -n ${quote(`__fairlead_at ${quote(path)}`)}`;
  return [
    ...commands.map(({ name, summary }) => `${start} -a ${quote(name)} -d ${quote(summary)}`),
    ...words.map((word) => `${start} -a ${quote(word)}`),
    ...options.map(({ flag, summary }) => {
      const value = values.find(({ flags }) => flags.includes(flag));
      const kind =
        value === undefined ? "" : value.choices.length === 0 ? " -r -F" : ` -x -a ${quote(value.choices.join(" "))}`;
      const name = flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`;
      return `${start} ${name} -d ${quote(summary)}${kind}`;
    }),
    ...(takesFiles ? [`${start} -F`] : []),
  ];
}

/** Nothing in it means anything to a shell. */
function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
