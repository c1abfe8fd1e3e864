// Where in a YAML file a path is. Aliases are followed along the path only, so a file cannot make this expensive.
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, type Node, type Pair } from "yaml";
import type { Path, Places } from "./finding.ts";

/** Places of one parsed document. */
export class YamlPlaces implements Places {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;

  constructor(document: Document.Parsed, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  /** The nearest node on the way to the path that is written in the file. */
  find(path: Path, atKey: boolean): { line: number; column: number } {
    let node: Node | null = this.#document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const [index, step] of path.entries()) {
      const container = this.#resolve(node);
      let next: unknown = null;
      if (isSeq(container) && typeof step === "number") next = container.items[step];
      if (isMap(container)) {
        const pair = pairOf(container.items, step);
        next = pair?.value;
        const wantsKey = (atKey && index === path.length - 1) || !isNode(next);
        if (wantsKey && pair !== undefined && isNode(pair.key)) return this.line(pair.key.range?.[0] ?? offset);
      }
      if (!isNode(next)) break;
      node = next;
      offset = node.range?.[0] ?? offset;
    }
    return this.line(offset);
  }

  /** Line and column of an offset in the text. */
  line(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  #resolve(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.#document) ?? null) : node;
  }
}

function pairOf(items: readonly Pair[], step: PropertyKey): Pair | undefined {
  return items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(step));
}
