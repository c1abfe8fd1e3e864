// An imported configuration as the text of fairlead.yaml, with a comment for whatever has no equivalent.
import { Document, isMap, isNode, isPair, isScalar, isSeq, type Node, visit } from "yaml";
import type { Path } from "../finding.ts";
import type { Note } from "./importer.ts";

/** Nodes on one line where they fit: destinations, routes, probes. */
const SHORT = 100;

/** The text. Loading it gives the same configuration as `data` does. `title` is the first comment. */
export function toYaml(data: Readonly<Record<string, unknown>>, notes: readonly Note[], title: string): string {
  const document = new Document(data);
  document.commentBefore = ` ${title}`;
  visit(document, {
    Map(_key, node) {
      if (node.items.every((item) => isPair(item) && isScalar(item.value)) && JSON.stringify(node).length < SHORT)
        node.flow = true;
      for (const item of node.items) {
        // Kamailio's set ids look better as the numbers they are; every key is text when it is read.
        if (isScalar(item.key) && /^(0|[1-9]\d{0,8})$/.test(String(item.key.value)))
          item.key.value = Number(item.key.value);
      }
    },
  });
  for (const note of notes) comment(document, note);
  return document.toString({ lineWidth: 0 });
}

function comment(document: Document, note: Note): void {
  const node = nodeAt(document, note.path);
  const line = note.line > 0 ? `line ${note.line}: ` : "";
  const text = ` ${line}${note.text}`.replaceAll(/[\r\n]+/g, " ");
  const target = node ?? document;
  target.commentBefore =
    target.commentBefore === null || target.commentBefore === undefined ? text : `${target.commentBefore}\n${text}`;
}

function nodeAt(document: Document, path: Path): Node | null {
  let node: unknown = document.contents;
  for (const step of path) {
    if (isSeq(node) && typeof step === "number") node = node.items[step];
    else if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      // An empty list has no line of its own that a comment could stand above.
      node = isSeq(pair?.value) && pair.value.items.length === 0 ? pair.key : pair?.value;
    } else return null;
  }
  return isNode(node) && path.length > 0 ? node : null;
}
