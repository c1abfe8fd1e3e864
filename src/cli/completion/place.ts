// The tree of commands as shells see it: at each place, which words may follow.
import type { Command as Program } from "commander";

/** An option's value. */
export interface ValueOf {
  /** `--output`, `-o`. */
  readonly flags: readonly string[];
  /** What may be given; empty: anything, a file perhaps. */
  readonly choices: readonly string[];
}

/** A place in the tree. */
export interface Place {
  /** `fairlead sets show`. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly { readonly flag: string; readonly summary: string }[];
  readonly values: readonly ValueOf[];
  /** What its arguments may be, where that is known. */
  readonly words: readonly string[];
  /** Its arguments are files. */
  readonly takesFiles: boolean;
}

/** All places, the root first. */
export function placesOf(root: Program): Place[] {
  return visit(root, root.name());
}

function visit(command: Program, path: string): Place[] {
  const visible = command.options.filter(({ hidden }) => !hidden);
  const below = command.commands.map((child) => ({ child, name: child.name(), summary: child.description() }));
  const place: Place = {
    path,
    commands: below.map(({ name, summary }) => ({ name, summary })),
    options: [
      ...visible.flatMap(({ short, long, description }) =>
        [short, long].flatMap((flag) => (flag === undefined ? [] : [{ flag, summary: description }])),
      ),
      { flag: "--help", summary: "shows the options" },
    ],
    values: visible
      .filter(({ required, optional }) => required || optional)
      .map(({ short, long, argChoices }) => ({
        flags: [short, long].filter((flag) => flag !== undefined),
        choices: argChoices ?? [],
      })),
    words: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    takesFiles: command.registeredArguments.some((argument) => /file|message/.test(argument.name())),
  };
  return [place, ...below.flatMap(({ child, name }) => visit(child, `${path} ${name}`))];
}
