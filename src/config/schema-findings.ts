// What zod says, in our words: one sentence and a hint per mistake, at the path where it was made.
import type { z } from "zod";
import { errorAt, type Finding, type Path } from "./finding.ts";
import { knownKeys } from "./schema-walk.ts";
import { suggestion } from "./suggest.ts";

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** Findings that are told: looking for what was meant takes time, and a body of the admin API may be wrong in every word. */
const MOST = 100;

/**
 * Findings of all issues, the first hundred one by one. `input` is what was parsed; it is looked at for types, and repeated outside
 * `keys` only.
 */
export function schemaFindings(schema: Schema, issues: readonly Issue[], input: unknown): Finding[] {
  const told: Finding[] = [];
  for (const issue of issues) {
    told.push(...findingsOf(schema, issue, [], input, MOST - told.length));
    if (told.length >= MOST) break;
  }
  return told.length < MOST ? told : [...told, errorAt([], `very many mistakes: the first ${MOST} are told`)];
}

/** At most `room` of an issue. */
function findingsOf(schema: Schema, issue: Issue, base: Path, input: unknown, room: number): Finding[] {
  const path = [...base, ...issue.path];
  const value = valueAt(input, path);
  const secret =
    path[0] === "keys" ||
    path.includes("passphrase") ||
    path.includes("webhook") ||
    (path[0] === "sources" && mayTell(path, value));
  const shown = secret ? "the value" : show(value);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.slice(0, room).map((key) => {
        const hint = suggestion(key, knownKeys(schema, path));
        return { ...errorAt([...path, key], secret ? "unknown key" : `unknown key "${key}"`, hint), atKey: true };
      });
    case "invalid_type":
      return [wrongType(path, value, shown, TYPES[issue.expected] ?? issue.expected)];
    case "invalid_value": {
      const known = issue.values.map(String);
      if (typeof value !== "string")
        return [wrongType(path, value, shown, known.length === 1 ? known.join() : `one of ${known.join(", ")}`)];
      const last = path.at(-1);
      return [
        errorAt(
          path,
          `unknown ${typeof last === "string" ? last : "value"} ${shown}`,
          withList(suggestion(value, known), known),
        ),
      ];
    }
    case "invalid_union":
      return unionFindings(schema, issue, path, value, shown, input, room);
    case "too_small":
      return [errorAt(path, tooSmall(issue, shown), issue.origin === "array" ? "" : `at least ${issue.minimum}`)];
    case "too_big":
      return [
        errorAt(
          path,
          `${issue.origin === "array" ? "the list is too long" : `${shown} is too large`}`,
          `at most ${issue.maximum}`,
        ),
      ];
    case "custom":
      return [errorAt(path, issue.message, typeof issue.params?.hint === "string" ? issue.params.hint : "")];
    default:
      return [errorAt(path, `${shown}: ${issue.message}`)];
  }
}

/** Whether a value of a source may hold a password. */
function mayTell(path: Path, value: unknown): boolean {
  return path.includes("url") || path.includes("password") || (typeof value === "string" && value.includes(":"));
}

function tooSmall(issue: z.core.$ZodIssueTooSmall, shown: string): string {
  if (issue.origin === "array") return "the list is empty";
  return issue.origin === "string" ? "the text is too short" : `${shown} is too small`;
}

function withList(hint: string, known: readonly string[]): string {
  return hint.startsWith("did you mean") && known.length <= 20 ? `${hint} one of ${known.join(", ")}` : hint;
}

/** The branch that the user most likely meant: the one whose type fits; else what all of them would take. */
function unionFindings(
  schema: Schema,
  issue: z.core.$ZodIssueInvalidUnion,
  path: Path,
  value: unknown,
  shown: string,
  input: unknown,
  room: number,
): Finding[] {
  const fitting = issue.errors.filter(
    (branch) =>
      !branch.some((one) => one.path.length === 0 && (one.code === "invalid_type" || one.code === "invalid_value")),
  );
  const chosen = fitting[0];
  if (chosen !== undefined) {
    const found: Finding[] = [];
    for (const one of chosen) {
      if (found.length >= room) break;
      found.push(...findingsOf(schema, one, path, input, room - found.length));
    }
    return found;
  }
  const wanted = issue.errors.flatMap((branch) => branch.map(expectation)).filter((text) => text !== "");
  return [wrongType(path, value, shown, [...new Set(wanted)].join(" or "))];
}

function expectation(issue: Issue): string {
  if (issue.code === "invalid_type") return TYPES[issue.expected] ?? issue.expected;
  if (issue.code === "invalid_value") return issue.values.map(String).join(" or ");
  return issue.code === "invalid_union"
    ? [...new Set(issue.errors.flatMap((branch) => branch.map(expectation)))].join(" or ")
    : "";
}

function wrongType(path: Path, value: unknown, shown: string, wanted: string): Finding {
  const last = path.at(-1);
  const name = typeof last === "string" ? `"${last}"` : "this";
  if (value === undefined) return errorAt(path, `${name} is missing`, wanted);
  const hint =
    typeof value === "number" && wanted.startsWith("text")
      ? "with its unit, such as 10s or 4KiB; in quotes where it has none"
      : "";
  const got = typeof value === "object" || Array.isArray(value) ? kindOf(value) : shown;
  return errorAt(path, `${name} must be ${wanted}, not ${got}`, hint);
}

function kindOf(value: unknown): string {
  if (value === null) return "nothing";
  return Array.isArray(value) ? "a list" : "an object";
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
  }
  return value;
}
