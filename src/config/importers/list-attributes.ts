// The attributes of a dispatcher.list line: which ones mean something to Kamailio, and what becomes of them here.

/** What the attributes say. */
export interface ListAttributes {
  readonly duid: string | undefined;
  /** 0: no limit. */
  readonly maxload: number;
  /** 1 to 100; -1: not given. Out of range counts as 0, as in Kamailio. */
  readonly weight: number;
  readonly rweight: number;
  /** `proto:host:port` of `socket`, or the name of `sockname` (which wins). */
  readonly socket: string | undefined;
  /** `proto:host:port`, or the name of a listener, that probes leave from. */
  readonly pingSocket: string | undefined;
  /** From URI of probes. */
  readonly pingFrom: string | undefined;
  /** Everything, as written, except what became a setting; `rweight` is both. */
  readonly opaque: Record<string, string>;
  /** Whether there is any of that. */
  readonly hasOpaque: boolean;
  /** What Kamailio understands and we have no equivalent for. */
  readonly without: readonly string[];
  /** What is wrong with them, Kamailio's reading included. */
  readonly wrong: readonly string[];
}

/** Attributes that mean something here as well, by the name as Kamailio's documents spell it. */
const HEEDED = ["cc", "latency", "ocmin", "ocmax"];

const WITHOUT_EQUIVALENT: Readonly<Record<string, string>> = {
  obproxy: "an outbound proxy: probes and calls go to the destination itself",
  ocrate: "a share that is left out from the start",
};

/** Parses `k=v;k=v`. Names are case-insensitive; of two with one name the last counts. */
export function readAttributes(text: string): ListAttributes {
  const opaque: Record<string, string> = {};
  let hasOpaque = false;
  const without: string[] = [];
  const wrong: string[] = [];
  let duid: string | undefined;
  let socket: string | undefined;
  let sockname: string | undefined;
  let pingSocket: string | undefined;
  let pingFrom: string | undefined;
  const numbers = { maxload: 0, weight: -1, rweight: -1 };
  // Part by part, and no list of them: tables have attributes by the ten thousand.
  for (let from = 0, end = 0; from < text.length; from = end + 1) {
    end = text.indexOf(";", from);
    if (end < 0) end = text.length;
    if (end === from) continue;
    const part = text.slice(from, end);
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    const value = unquoted(equals < 0 ? "" : part.slice(equals + 1));
    const known = name.toLowerCase();
    if (known === "duid") duid = value;
    else if (known === "socket") socket = value;
    else if (known === "sockname") sockname = value;
    else if (known === "ping_socket") pingSocket = value;
    else if (known === "ping_from") pingFrom = value;
    else if (known === "maxload" || known === "weight" || known === "rweight") {
      numbers[known] = readShare(known, value, wrong);
      // Which of the two is the share depends on the algorithm; what it was told as is shown (`RWEIGHT`).
      if (known === "rweight") {
        hasOpaque = true;
        opaque.rweight = value;
      }
    } else if (name === "__proto__" || name === "") wrong.push(`attribute "${part}" is left out`);
    else {
      hasOpaque = true;
      opaque[HEEDED.includes(known) ? known : name] = value;
      const meaning = Object.hasOwn(WITHOUT_EQUIVALENT, known) ? WITHOUT_EQUIVALENT[known] : undefined;
      if (meaning !== undefined) without.push(`${known}=${value} (${meaning})`);
    }
  }
  const { maxload, weight, rweight } = numbers;
  return {
    duid: duid === "" ? undefined : duid,
    maxload,
    weight,
    rweight,
    socket: sockname ?? socket,
    pingSocket,
    pingFrom: pingFrom === "" ? undefined : pingFrom,
    opaque,
    hasOpaque,
    without,
    wrong,
  };
}

/** A number as Kamailio takes it: anything else, and a weight outside 1 to 100, counts as 0. */
function readShare(name: "maxload" | "weight" | "rweight", text: string, wrong: string[]): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (number < 0) {
    wrong.push(`${name}=${text} is not a number: Kamailio takes 0`);
    return 0;
  }
  if (name === "maxload" || (number >= 1 && number <= 100)) return number;
  if (number !== 0) wrong.push(`${name}=${text} is not between 1 and 100: Kamailio takes 0`);
  return 0;
}

function unquoted(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
