// The reference page of fairlead.yaml, from its JSON Schema: a table per section.
import { CHECKS } from "../src/config/checks/index.ts";

/** The part of JSON Schema that zod writes. */
export interface JsonSchema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly additionalProperties?: JsonSchema | boolean;
}

interface Row {
  readonly key: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

/** The page. */
export function configurationPage(schema: JsonSchema): string {
  const sections = Object.entries(schema.properties ?? {}).map(([key, section]) =>
    sectionText(key, section, schema.required?.includes(key) === true),
  );
  return [
    "# fairlead.yaml",
    "",
    "<!-- Written by `npm run docs` from src/config/sections. Do not edit. -->",
    "",
    "Durations are a number and a unit: `500ms`, `10s`, `1m`, `2h`, `1d`. Sizes: `64KiB`, `4MiB`, `1GiB`. Unknown keys are errors.",
    "[fairlead.schema.json](fairlead.schema.json) is the same for editors:",
    "`# yaml-language-server: $schema=fairlead.schema.json` at the top of a file.",
    "",
    ...sections,
    "## What `fairlead check` warns about",
    "",
    ...CHECKS.map((check) => `- ${check.summary}`),
    "",
  ].join("\n");
}

function sectionText(key: string, section: JsonSchema, isRequired: boolean): string {
  const rows = rowsBelow(key, section);
  const own: Row[] = rows.length === 0 ? [{ key, schema: section, isRequired }] : rows;
  const intro = rows.length === 0 ? "" : `${section.description ?? ""}${isRequired ? " Required." : ""}\n\n`;
  return `## ${key}\n\n${intro}| key | type | default | meaning |\n| --- | --- | --- | --- |\n${own.map(rowText).join("\n")}\n`;
}

function rowText({ key, schema, isRequired }: Row): string {
  const standard = schema.default === undefined ? (isRequired ? "required" : "") : defaultText(schema.default);
  return `| \`${key}\` | ${cell(typeText(schema))} | ${cell(standard)} | ${cell(schema.description ?? "")} |`;
}

/** An empty object as default means: the defaults of its keys. */
function defaultText(value: unknown): string {
  const text = JSON.stringify(value);
  return text === "{}" || text === '""' ? "" : `\`${text}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function ways(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf === undefined ? [schema] : schema.anyOf.flatMap(ways);
}

function rowsBelow(prefix: string, schema: JsonSchema): Row[] {
  return ways(schema).flatMap((way): Row[] => {
    if (way.items !== undefined) return rowsBelow(`${prefix}[]`, way.items);
    if (way.properties !== undefined) {
      return Object.entries(way.properties).flatMap(([key, child]) => {
        const path = `${prefix}.${key}`;
        return [
          { key: path, schema: child, isRequired: way.required?.includes(key) === true && child.default === undefined },
          ...rowsBelow(path, child),
        ];
      });
    }
    return typeof way.additionalProperties === "object" && way.additionalProperties.properties !== undefined
      ? rowsBelow(`${prefix}.NAME`, way.additionalProperties)
      : [];
  });
}

function typeText(schema: JsonSchema): string {
  return [...new Set(ways(schema).map(oneType))].join(" or ");
}

function oneType(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.items !== undefined) return `list of ${typeText(schema.items)}`;
  if (schema.title !== undefined) return schema.title;
  if (schema.type === "integer") return rangeText(schema);
  if (schema.type === "string") return "text";
  return schema.type === "boolean" ? "`true`, `false`" : (schema.type ?? "anything");
}

function rangeText({ minimum, maximum }: JsonSchema): string {
  const isBounded = minimum !== undefined && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  return isBounded ? `number ${minimum} to ${maximum}` : "number";
}
