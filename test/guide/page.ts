// The page docs/guide/coming-from-kamailio.md, cut into its examples: a script, the configuration beside it, and what happens.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PAGE = fileURLToPath(new URL("../../docs/guide/coming-from-kamailio.md", import.meta.url));

/** What stands under one heading of the page. */
export interface Example {
  readonly title: string;
  /** Kamailio's or OpenSIPS's; empty: the section has none. */
  readonly script: string;
  /** Lines of a dispatcher.list; empty: there are none. */
  readonly list: string;
  /** Records of DNS; empty: there are none. */
  readonly zone: string;
  readonly yaml: string;
  /** Messages, and what `explain` says of them. */
  readonly traffic: readonly string[];
}

/** A section on what `fairlead import` makes of a file. */
export interface ImportExample {
  readonly title: string;
  /** Words after `fairlead import`. */
  readonly argv: readonly string[];
  /** The file. */
  readonly text: string;
  readonly yaml: string;
  /** Lines on standard error. */
  readonly told: readonly string[];
}

/** How the headings of these begin. */
const IMPORTED = "Imported: ";

/** Every section of the page on importing. */
export function importExamples(): ImportExample[] {
  return sectionsOf()
    .filter(({ title }) => title.startsWith(IMPORTED))
    .map(({ title, blocks }) => {
      const [command, file, yaml, told] = blocks;
      const argv = command?.text.trim().split(" ").slice(2) ?? [];
      return {
        title,
        argv,
        text: file?.text ?? "",
        yaml: yaml?.text ?? "",
        told: told?.text.trimEnd().split("\n") ?? [],
      };
    });
}

function sectionsOf() {
  const sections = readFileSync(PAGE, "utf8").split(/^## /m).slice(1);
  return sections.map((section) => {
    const blocks = [...section.matchAll(/^```([a-z]+)\n([\s\S]*?)^```$/gm)].map(([, kind, text = ""]) => ({
      kind,
      text,
    }));
    return { title: section.slice(0, section.indexOf("\n")), blocks };
  });
}

/** Every section of the page that has a configuration to write by hand; throws when one has two, which nobody could tell apart. */
export function examples(): Example[] {
  return sectionsOf().flatMap(({ title, blocks }) => {
    if (title.startsWith(IMPORTED)) return [];
    const yaml = blocks.filter(({ kind }) => kind === "yaml");
    if (yaml.length > 1) throw new Error(`two configurations under "${title}"`);
    if (yaml[0] === undefined) return [];
    const texts = blocks.filter(({ kind }) => kind === "text").map(({ text }) => text);
    return [
      {
        title,
        script: blocks.find(({ kind }) => kind === "c")?.text ?? "",
        list: texts.find((text) => /^\d+ sip:/.test(text)) ?? "",
        zone: texts.find((text) => text.includes(" IN SRV ")) ?? "",
        yaml: yaml[0].text,
        traffic: texts.filter((text) => text.includes(" -> ")).flatMap((text) => text.trimEnd().split("\n")),
      },
    ];
  });
}

/** The example under a heading of the page. */
export function example(title: string): Example {
  const found = examples().find((one) => one.title === title);
  if (found === undefined) throw new Error(`the page has no configuration under "${title}"`);
  return found;
}
