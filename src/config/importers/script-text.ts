// What stands in a kamailio.cfg or opensips.cfg outside of its routing logic: parameters of modules, sockets, and where the blocks
// of routes are. The logic itself is not read, except for which calls of the dispatcher it makes.

/** `modparam("MODULE", "NAME", VALUE)`. */
export interface ModuleParameter {
  readonly line: number;
  /** Alternatives (`dispatcher|tm`) are apart. */
  readonly modules: readonly string[];
  readonly name: string;
  readonly value: string;
}

/** A block of routing logic. */
export interface RouteBlock {
  readonly line: number;
  readonly lastLine: number;
  /** `failure_route[RTF_DISPATCH]`. */
  readonly name: string;
  /** Calls of the balancing modules in it. */
  readonly calls: readonly { readonly line: number; readonly text: string }[];
}

/** A script, as far as it is read. */
export interface Script {
  readonly parameters: readonly ModuleParameter[];
  /** Values of `listen` and `socket`. */
  readonly sockets: readonly { readonly line: number; readonly value: string }[];
  readonly blocks: readonly RouteBlock[];
  readonly isOpensips: boolean;
}

const BLOCK =
  /\b(request_route|(?:failure_|onreply_|reply_|branch_|event_|startup_|local_|error_|timer_)?route)\s*(?:(\[[^\][{}]*\])\s*)?\{/y;
const CALL = /\b(?:ds|lb)_[a-z_]+\s*\([^()\n]*\)|\bload_balance\s*\([^()\n]*\)/g;
const PARAMETER = /modparam\s*\(\s*"([^"]*)"\s*,\s*"([^"]*)"\s*,\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([\w.$-]+))\s*\)/y;
const SOCKET = /(?:listen|socket)\s*=\s*([^\s;]+)/y;
const OPENSIPS =
  /^[^\S\n\r\u2028\u2029]*socket\s*=|proto_(?:udp|tcp)\.so|load_balancer\.so|mi_(?:fifo|http)\.so|"partition"|persistent_state|\bt_(?:was_cancelled|local_replied)\b|[/@]opensips\b/m;
const KAMAILIO = /^#!(?:KAMAILIO|define|ifdef|substdef)|\brequest_route\b|"list_file"|"xavp_dst"/m;

/** Whether a text is such a script at all. */
export function isScript(text: string): boolean {
  // Blanks of its own line only: over lines, every line of very many empty ones would look at all that follow.
  return /^[^\S\n\r\u2028\u2029]*(?:loadmodule\s+["']|modparam\s*\(\s*")/m.test(text.slice(0, 1_000_000));
}

/** Reads a script; never throws. Whose it is, its file's name may tell as well. */
export function readScript(text: string, file = ""): Script {
  const isOpensips = (OPENSIPS.test(text) || /opensips[^/]*$/i.test(file)) && !KAMAILIO.test(text);
  const { plain, defines } = preprocessed(text);
  const lineAt = lineCounter(plain);
  const parameters: ModuleParameter[] = [];
  const sockets: { line: number; value: string }[] = [];
  const blocks: RouteBlock[] = [];
  let at = 0;
  while (at < plain.length) {
    const block = matchAt(BLOCK, plain, at);
    const parameter = matchAt(PARAMETER, plain, at);
    const socket = matchAt(SOCKET, plain, at);
    if (block !== null) {
      const end = endOfBlock(plain, at + block[0].length);
      const body = plain.slice(at, end);
      const calls = [...body.matchAll(CALL)].map((call) => ({ line: lineAt(at + call.index), text: call[0] }));
      blocks.push({ line: lineAt(at), lastLine: lineAt(end - 1), name: `${block[1]}${block[2] ?? ""}`, calls });
      at = end;
    } else if (parameter !== null) {
      const [whole, modules = "", name = "", quoted, single, bare] = parameter;
      const value = quoted ?? single ?? defines.get(bare ?? "") ?? bare ?? "";
      parameters.push({ line: lineAt(at), modules: modules.split("|"), name, value });
      at += whole.length;
    } else if (socket !== null) {
      const value = socket[1] ?? "";
      sockets.push({ line: lineAt(at), value: defines.get(value) ?? value });
      at += socket[0].length;
    } else at = nextWord(plain, at);
  }
  return { parameters, sockets, blocks, isOpensips };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** The next place where a word begins, strings jumped over. */
function nextWord(text: string, from: number): number {
  let at = from;
  if (text[at] === '"' || text[at] === "'") return endOfString(text, at);
  if (/\w/.test(text[at] ?? "")) {
    while (/[\w:.]/.test(text[at] ?? "")) at++;
    return at;
  }
  return at + 1;
}

function endOfString(text: string, from: number): number {
  const quote = text[from];
  let at = from + 1;
  while (at < text.length && text[at] !== quote) at += text[at] === "\\" ? 2 : 1;
  return Math.min(at + 1, text.length);
}

function endOfBlock(text: string, from: number): number {
  let depth = 1;
  let at = from;
  while (at < text.length && depth > 0) {
    const c = text[at];
    if (c === '"' || c === "'") {
      at = endOfString(text, at);
      continue;
    }
    if (c === "{") depth++;
    else if (c === "}") depth--;
    at++;
  }
  return at;
}

/** Comments as blanks, what Kamailio's `#!ifdef` leaves out too; lines stay where they are. */
function preprocessed(text: string): { plain: string; defines: ReadonlyMap<string, string> } {
  const defines = new Map<string, string>();
  const open: boolean[] = [];
  const lines = withoutBlockComments(text).split("\n");
  const plain = lines.map((line) => {
    const [, word = "", name = "", value = ""] = /^\s*#!(\w+)\s*([\w.]*)\s*([\s\S]*)$/.exec(line) ?? [];
    if (word === "ifdef" || word === "ifndef") open.push(defines.has(name) === (word === "ifdef"));
    else if (word === "else") open.push(!(open.pop() ?? true));
    else if (word === "endif") open.pop();
    else if (open.includes(false)) return "";
    else if (word === "define") defines.set(name, unquoted(value.trim()));
    else return withoutComment(line);
    return "";
  });
  return { plain: plain.join("\n"), defines };
}

function withoutBlockComments(text: string): string {
  // A string without an end goes to that of its line: looked for anew from each of its quotes it would cost a minute.
  return text.replaceAll(/"(?:[^"\\\n]|\\.)*"?|#[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, (part) =>
    part.startsWith("/*") ? part.replaceAll(/[^\n]/g, " ") : part,
  );
}

function withoutComment(line: string): string {
  for (let at = 0; at < line.length; at++) {
    const c = line[at];
    if (c === '"' || c === "'") at = endOfString(line, at) - 1;
    else if (c === "#" || (c === "/" && line[at + 1] === "/")) return line.slice(0, at);
  }
  return line;
}

function unquoted(text: string): string {
  return /^".*"$/.test(text) ? text.slice(1, -1) : text;
}

function lineCounter(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
