// OpenSIPS's and Kamailio's `dialplan` table as routes: what each row matches, what the number becomes, and its attributes as the name of
// the set that gets the call, because scripts route by them.
import { route } from "../sections/routes.ts";
import type { Cell, RowRemark, Table } from "../tables/table.ts";
import { isName } from "../values/reference.ts";

/** A plan as routes of fairlead.yaml, in the order in which they are to be asked. */
export interface Dialplan {
  /** In the shape of fairlead.yaml. */
  readonly routes: readonly Record<string, unknown>[];
  /** Of each route: which row it was. */
  readonly rows: readonly string[];
  /** Sets that routes lead to. */
  readonly sets: readonly string[];
  readonly remarks: readonly RowRemark[];
}

/** Operators of `match_op`; the last one is Kamailio's alone. */
const EQUAL = "0";
const PATTERN = "1";
const FILE_NAME = "2";
const USER = "request-uri.user";
/** The same in other words: a second condition on it. */
const USER_AGAIN = "{request-uri.user}";

/** Whether a table is a dialplan, by its columns. */
export function isDialplan({ columns }: Table): boolean {
  return ["dpid", "match_op", "match_exp", "repl_exp"].every((name) => columns.includes(name));
}

/** The plans that a table has. */
export function plansOf(table: Table): readonly string[] {
  const column = table.columns.indexOf("dpid");
  return [...new Set(table.rows.map((row) => row[column] ?? ""))];
}

/** One plan of the table. Rows whose attributes are no name of a set lead to `usual`. */
export function readDialplan({ columns, rows }: Table, plan: string, usual: string): Dialplan {
  const remarks: RowRemark[] = [];
  const cell = (row: readonly Cell[], name: string): string => row[columns.indexOf(name)]?.trim() ?? "";
  const found = rows.flatMap((row) => {
    if (cell(row, "dpid") !== plan) return [];
    const key = `id ${cell(row, "id")}`;
    const tell = (column: string, reason: string, isLeftOut: boolean) =>
      remarks.push({ key, column, reason, isLeftOut });
    if (cell(row, "disabled") === "1") {
      tell("disabled", "it is switched off", true);
      return [];
    }
    if (cell(row, "timerec") !== "")
      tell("timerec", "its times are not taken over: the route holds around the clock", false);
    const attrs = cell(row, "attrs");
    const set = isName(attrs) && attrs !== "any" ? attrs : usual;
    if (set !== attrs && attrs !== "") tell("attrs", `"${attrs}" is no name of a set: ${usual} is`, false);
    const rule = ruleOf((name) => cell(row, name), set);
    if ("reason" in rule) {
      tell(rule.column, rule.reason, true);
      return [];
    }
    return [{ ...rule, set, priority: Number(cell(row, "pr")), row: attrs === "" ? key : `${key}, ${attrs}` }];
  });
  // Kamailio asks the rows of the number's own length first, whatever their priority.
  found.sort((a, b) => Number(a.isAnyLength) - Number(b.isAnyLength) || a.priority - b.priority);
  return {
    routes: found.map(({ given }) => given),
    rows: found.map(({ row }) => row),
    sets: [...new Set(found.map(({ set }) => set))],
    remarks,
  };
}

interface Rule {
  /** In the shape of fairlead.yaml. */
  readonly given: Record<string, unknown>;
  /** False: only numbers of one length are asked for. */
  readonly isAnyLength: boolean;
}

interface Fault {
  readonly column: string;
  readonly reason: string;
}

/** What a row says, as a route; or why it cannot be one. */
function ruleOf(cell: (name: string) => string, set: string): Rule | Fault {
  const [wanted, pattern, replacement] = [cell("match_exp"), cell("subst_exp"), cell("repl_exp")];
  const match = matchOf(cell("match_op"), wanted, cell("match_flags") === "1");
  if (typeof match !== "string" && "reason" in match) return match;
  const isText = typeof match !== "string";
  const length = cell("match_len");
  if (!/^\d{0,4}$/.test(length)) return { column: "match_len", reason: `"${length}" is no length` };
  const isAnyLength = Number(length) === 0;
  if (isText && !isAnyLength && Number(length) !== wanted.length)
    return { column: "match_len", reason: `"${wanted}" is never ${length} long: the row matches nothing` };
  const changes = replacement !== "" && !(isText && pattern === "" && replacement === wanted);
  const given = {
    match: { [USER]: match, ...(isAnyLength || isText ? {} : { [USER_AGAIN]: `^.{${length}}$` }) },
    // Without a subst_exp the whole number is replaced.
    ...(changes ? { translate: { from: pattern === "" ? "^" : pattern, to: replacement } } : {}),
    set,
  };
  return faultOf(given) ?? { given, isAnyLength };
}

/** What the number must look like, in the shape of `match`. */
function matchOf(operator: string, wanted: string, isAnyCase: boolean): string | { readonly is: string } | Fault {
  const anyCase = isAnyCase ? "(?i)" : "";
  switch (operator) {
    case EQUAL:
      return isAnyCase ? `(?i)^${literal(wanted)}$` : { is: wanted };
    case PATTERN:
      return anyCase + wanted;
    case FILE_NAME:
      if (/[[\]\\]/.test(wanted)) return { column: "match_exp", reason: `"${wanted}": only * and ? are taken over` };
      return `${anyCase}^${literal(wanted).replaceAll("\\*", ".*").replaceAll("\\?", ".")}$`;
    default:
      return { column: "match_op", reason: `"${operator}" is no operator: 0 is equal, 1 a pattern, 2 a file name's` };
  }
}

/** As a pattern that only the text itself fits. */
function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** Why a rule cannot be a route; null: it can. */
function faultOf(given: Record<string, unknown>): Fault | null {
  const parsed = route.safeParse(given);
  if (parsed.success) return null;
  const [issue] = parsed.error.issues;
  const [key, part] = issue?.path ?? [];
  const column = key === "match" ? "match_exp" : part === "to" ? "repl_exp" : "subst_exp";
  return { column, reason: issue?.message ?? "" };
}
