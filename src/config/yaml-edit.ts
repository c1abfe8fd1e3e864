// Changes of a configuration written into the text of fairlead.yaml, as somebody with an editor would: comments, order and
// everything that was not asked for stay. Pure: whether the result is a configuration is for the reader of configurations.
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  YAMLMap,
  YAMLSeq,
} from "yaml";
import { mergePatch } from "./merge-patch.ts";
import { parseCapacities } from "./sections/resources.ts";
import { isObject } from "./values/object.ts";
import { writtenResources } from "./written-sets.ts";

/** What is to be changed; destinations go by the names that they are configured with. Values are as the file would have them. */
export type YamlEdit =
  | { readonly kind: "add"; readonly set: string; readonly destination: unknown }
  | { readonly kind: "remove"; readonly set: string; readonly name: string }
  | { readonly kind: "change"; readonly set: string; readonly name: string; readonly change: object }
  | { readonly kind: "put-set"; readonly set: string; readonly given: unknown }
  | { readonly kind: "change-set"; readonly set: string; readonly change: object }
  | { readonly kind: "remove-set"; readonly set: string }
  | { readonly kind: "routes"; readonly routes: readonly unknown[] }
  /** Another text, which keeps these sections as the old one has them. */
  | { readonly kind: "replace"; readonly text: string; readonly kept: readonly string[] };

/** The file is written in a way that this cannot be done to. */
class Unfit extends Error {}

// Keys that are there twice are found where the text is read, in one pass.
const OPTIONS = { logLevel: "silent", uniqueKeys: false } as const;
const WRITING = { lineWidth: 0, flowCollectionPadding: false } as const;

/** The text with the change in it, or why that is not possible. */
export function editYaml(text: string, edit: YamlEdit): { readonly text: string } | { readonly why: string } {
  try {
    const document = parseDocument(edit.kind === "replace" ? edit.text : text, OPTIONS);
    const [error] = document.errors;
    if (error !== undefined) return { why: `not YAML: ${error.message}` };
    change(document, edit, text);
    return { text: document.toString(WRITING) };
  } catch (error) {
    // The library throws, too: when an anchor goes that an alias needs.
    return { why: error instanceof Error ? error.message : "it cannot be edited" };
  }
}

function change(document: Document, edit: YamlEdit, before: string): void {
  switch (edit.kind) {
    case "add":
      destinationsOf(document, edit.set).add(document.createNode(edit.destination, { flow: true }));
      break;
    case "remove": {
      const list = destinationsOf(document, edit.set);
      list.delete(positionOf(list, edit.name));
      break;
    }
    case "change":
      changeDestination(document, edit);
      break;
    case "put-set":
      sayRoute(document);
      put(mapOf(document, "sets"), edit.set, document.createNode(edit.given));
      break;
    case "change-set":
      changeSet(document, setOf(document, edit.set), edit.change);
      break;
    case "remove-set":
      remove(mapOf(document, "sets"), edit.set);
      break;
    case "routes":
      putRoutes(document, edit.routes);
      break;
    case "replace":
      keepSections(document, parseDocument(before, OPTIONS), edit.kept);
  }
}

function changeDestination(document: Document, { set, name, change: wanted }: YamlEdit & { kind: "change" }): void {
  const list = destinationsOf(document, set);
  const at = positionOf(list, name);
  const item = list.items[at];
  if (isMap(item)) {
    const { resources } = wanted as { readonly resources?: unknown };
    const written: unknown = item.get("resources");
    // As one text they could only be replaced as one.
    const known = typeof written === "string" && isObject(resources) ? parseCapacities(written) : "";
    if (typeof known !== "string")
      item.set("resources", document.createNode(writtenResources(known, true), { flow: true }));
    mergeInto(document, item, wanted);
  } else list.set(at, document.createNode(mergePatch({ uri: name }, wanted), { flow: true }));
}

/** What calls need may stand there alone: then it is what stays when something else about resources changes. */
function changeSet(document: Document, set: YAMLMap, wanted: object): void {
  const { resources } = wanted as { readonly resources?: unknown };
  const alone: unknown = set.get("resources", true);
  if (alone !== undefined && !isMap(alone) && isObject(resources)) {
    const long = new YAMLMap(document.schema);
    long.set("needed", alone);
    set.set("resources", long);
  }
  mergeInto(document, set, wanted);
}

/** That everything goes to the only set need not be said; with another set it has to be. */
function sayRoute(document: Document): void {
  const [only, another] = mapOf(document, "sets").items;
  if (document.has("routes") || only === undefined || another !== undefined) return;
  document.set("routes", document.createNode([{ set: String(only.key) }]));
}

/** Routes that stay what they are keep their comments. */
function putRoutes(document: Document, routes: readonly unknown[]): void {
  const old = document.get("routes", true);
  const known = new Map(isSeq(old) ? old.items.map((item) => [keyOf(document, item), item] as const) : []);
  const list = new YAMLSeq(document.schema);
  if (isSeq(old)) list.commentBefore = old.commentBefore ?? null;
  for (const route of routes) list.add(known.get(JSON.stringify(sorted(route))) ?? document.createNode(route));
  document.set("routes", list);
}

function keyOf(document: Document, item: unknown): string {
  return JSON.stringify(sorted(isMap(item) ? item.toJS(document) : null));
}

/** With keys in order, and one of a list as the list: two ways to write the same route are the same route. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 ? sorted(value[0]) : value.map(sorted);
  if (!isObject(value)) return String(value);
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

function keepSections(document: Document, before: Document, kept: readonly string[]): void {
  for (const name of kept) {
    const node: unknown = before.get(name, true);
    if (node === undefined) document.delete(name);
    else document.set(name, document.createNode(before.toJS()[name]));
  }
}

function mergeInto(document: Document, map: YAMLMap, change: object): void {
  for (const [key, value] of Object.entries(change)) {
    const old: unknown = map.get(key, true);
    if (value === null) map.delete(key);
    else if (isMap(old) && isObject(value)) mergeInto(document, old, value);
    else map.set(key, document.createNode(mergePatch(undefined, value), { flow: map.flow === true }));
  }
}

function mapOf(document: Document, key: string): YAMLMap {
  const node: unknown = document.get(key, true);
  if (isMap(node)) return node;
  if (node !== undefined) throw new Unfit(`"${key}" is ${isAlias(node) ? "an alias" : "no map"} in the file`);
  const map = new YAMLMap(document.schema);
  document.set(key, map);
  return map;
}

/** Sets of Kamailio have numbers for names, and nobody puts these into quotes. */
function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => String(isScalar(key) ? key.value : key) === name);
}

function put(map: YAMLMap, name: string, value: Node): void {
  const pair = pairOf(map, name);
  if (pair === undefined) map.set(name, value);
  else pair.value = value;
}

function remove(map: YAMLMap, name: string): void {
  const pair = pairOf(map, name);
  if (pair !== undefined) map.items.splice(map.items.indexOf(pair), 1);
}

function setOf(document: Document, name: string): YAMLMap {
  const node = pairOf(mapOf(document, "sets"), name)?.value;
  if (isMap(node)) return node;
  throw new Unfit(`set "${name}" is ${isAlias(node) ? "an alias" : "not"} in the file`);
}

function destinationsOf(document: Document, set: string): YAMLSeq {
  const map = setOf(document, set);
  const node: unknown = map.get("destinations", true);
  if (isSeq(node)) return node;
  if (node !== undefined) throw new Unfit(`the destinations of set "${set}" are no list in the file`);
  const list = new YAMLSeq(document.schema);
  map.set("destinations", list);
  return list;
}

function positionOf(list: YAMLSeq, name: string): number {
  const at = list.items.findIndex((item) => {
    if (isScalar(item)) return item.value === name;
    return isMap(item) && (item.get("name") ?? item.get("uri")) === name;
  });
  if (at < 0) throw new Unfit(`the file has no destination "${name}" there`);
  return at;
}
