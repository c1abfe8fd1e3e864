// The parameters of a balancing module as a source of fairlead.yaml: which table, and how the sets of it are probed.
import { COLUMNS, type SourceKind } from "../sections/sources.ts";
import { isKeyWord, parseKeyExpression } from "../values/key-expression.ts";
import type { ModuleParameter } from "./script-text.ts";
import { probeOf, THEIRS } from "./their-probes.ts";

/** Keys that every set of a source has. */
export type SetDefaults = Readonly<Record<string, unknown>>;

/** What became of a parameter; empty: it is in the source. */
type Verdict = string;

/** A source being put together. */
export class ScriptSource {
  readonly kind: SourceKind;
  /** OpenSIPS's partition; empty: the default one. */
  readonly partition: string;
  url = "";
  table = "";
  readonly columns: Record<string, string> = {};
  readonly extraAttrs: Record<string, string> = {};
  badRows = "";
  readonly probe: Record<string, unknown> = {};
  /** Line of `use_default`; 0: it is not set. */
  useDefault = 0;
  hashedKey = { text: "", line: 0 };
  /** Line of `flags` with bit 1; 0: URIs are hashed whole. */
  usersOnly = 0;
  #interval: number | null = null;

  constructor(kind: SourceKind, partition = "") {
    this.kind = kind;
    this.partition = partition;
  }

  /** Seconds between probes; 0: none. */
  get interval(): number {
    return this.#interval ?? THEIRS[this.kind].interval;
  }

  set interval(seconds: number) {
    this.#interval = seconds;
  }

  /** What a partition does not say is as the default partition has it. */
  inherit(from: ScriptSource): void {
    this.url ||= from.url;
    this.table ||= from.table;
    this.badRows ||= from.badRows;
    this.useDefault ||= from.useDefault;
    this.usersOnly ||= from.usersOnly;
    if (this.hashedKey.text === "") this.hashedKey = from.hashedKey;
    this.#interval ??= from.#interval;
    for (const name of ["columns", "extraAttrs", "probe"] as const)
      Object.assign(this[name], { ...from[name], ...this[name] });
  }

  /** Takes a parameter over; a sentence where there is nothing that it could become. */
  take({ name, value, line }: Pick<ModuleParameter, "name" | "value" | "line">): Verdict {
    const column = /^(.+)_col$/.exec(name)?.[1];
    if (column !== undefined) {
      if (!Object.hasOwn(COLUMNS[this.kind], column)) return "there is no such column here";
      this.columns[column] = value;
      return "";
    }
    const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
    if (rule !== undefined) return rule(this, value, line);
    return (Object.hasOwn(WITHOUT, name) ? WITHOUT[name] : undefined) ?? "it has no equivalent";
  }

  /** What its sets have, in the shape of fairlead.yaml. `algorithm`: of all of them; `every`: between probes, whatever stands here. */
  defaults(algorithm: string | undefined, every = this.interval > 0 ? `${this.interval}s` : ""): SetDefaults {
    const left = this.leftOut(algorithm).map(({ name }) => name);
    return {
      ...(algorithm === undefined ? {} : { algorithm }),
      ...(this.useDefault > 0 && !left.includes("use_default") ? { use_default: true } : {}),
      ...(this.usersOnly > 0 && !left.includes("flags") ? { key: usersOf(algorithm) } : {}),
      ...(this.hashedKey.text !== "" && !left.includes("hash_pvar") ? { key: this.hashedKey.text } : {}),
      probe: every === "" ? false : probeOf(this.kind, this.interval, every, this.probe),
    };
  }

  /** Parameters that sets of this algorithm have no use for, and why. */
  leftOut(algorithm: string | undefined): { name: string; line: number; why: string }[] {
    const product = this.kind === "kamailio" ? "kamailio" : "opensips";
    const left: { name: string; line: number; why: string }[] = [];
    if (this.useDefault > 0 && algorithm?.includes(":") !== true)
      left.push({
        name: "use_default",
        line: this.useDefault,
        why: `for algorithms of ${product} only: --algorithm NUMBER`,
      });
    if (this.usersOnly > 0 && usersOf(algorithm) === "")
      left.push({
        name: "flags",
        line: this.usersOnly,
        why: `bit 1 is for ${product}:1 to ${product}:3: --algorithm NUMBER`,
      });
    if (this.hashedKey.text !== "" && algorithm !== "kamailio:7" && algorithm !== "opensips:7")
      left.push({ name: "hash_pvar", line: this.hashedKey.line, why: `for ${product}:7 only: --algorithm 7` });
    return left;
  }

  /** A source of it, in the shape of fairlead.yaml. */
  data(algorithm: string | undefined, every?: string): Record<string, unknown> {
    return {
      [this.kind]: {
        url: this.url,
        ...(this.table === "" ? {} : { table: this.table }),
        ...(Object.keys(this.columns).length === 0 ? {} : { columns: this.columns }),
        ...(Object.keys(this.extraAttrs).length === 0 ? {} : { extra_attrs: this.extraAttrs }),
        ...(this.badRows === "" ? {} : { bad_rows: this.badRows }),
        ...(this.partition === "" ? {} : { partition: this.partition }),
        defaults: this.defaults(algorithm, every),
      },
    };
  }
}

type Rule = (source: ScriptSource, value: string, line: number) => Verdict;

const probe =
  (key: string): Rule =>
  (source, value) => {
    source.probe[key] = value;
    return "";
  };

const count =
  (key: string): Rule =>
  (source, value) => {
    if (!/^[1-9]\d{0,2}$/.test(value)) return `"${value}" is not 1 to 999`;
    source.probe[key] = Number(value);
    return "";
  };

const interval: Rule = (source, value) => {
  if (!/^\d{1,6}$/.test(value)) return `"${value}" is not a number of seconds`;
  source.interval = Number(value);
  return "";
};

const alpha: Rule = (source, value) => {
  if (!/^[1-9]\d{0,2}$/.test(value)) return `"${value}" is not 1 to 999`;
  source.probe.latency_alpha = Number(value) / 1000;
  return "";
};

const replyCodes: Rule = (source, value) => {
  const wanted = value.split(/[;,]/).map((part) => part.trim());
  const codes = wanted.flatMap((part): (string | number)[] => {
    const [, word, number = ""] = /^(?:(class|code)\s*=\s*)?(\d{1,3})$/.exec(part) ?? [];
    if (word === "class" && /^[1-6]$/.test(number)) return [`${number}xx`];
    return /^[1-6]\d\d$/.test(number) ? [Number(number)] : [];
  });
  // Theirs are added to what is always well.
  const usual = (THEIRS[source.kind].probe.accept as (string | number)[] | undefined) ?? ["2xx"];
  source.probe.accept = [...new Set([...usual, ...codes])];
  return codes.length === wanted.filter((part) => part !== "").length ? "" : "not all of it is codes";
};

const MODES: Readonly<Record<string, string>> = { "0": "once", "1": "all", "2": "down", "3": "marked" };

const probingMode: Rule = (source, value) => {
  const mode = source.kind === "kamailio" ? MODES[value] : value === "1" ? "all" : "down";
  if (mode === undefined) return `"${value}" is no probing mode`;
  source.probe.mode = mode;
  return "";
};

const extraAttrs: Rule = (source, value) => {
  for (const part of value.split(";")) {
    const [name = "", column = ""] = part.split("=").map((each) => each.trim());
    if (name !== "") source.extraAttrs[name] = column;
  }
  return "";
};

const threshold = count("down_after");
const SCORES = "`score` in the configuration, or told by `fairlead destinations score`";

/** Keys of the user alone, `flags` bit 1, by the algorithm's number. */
const USERS: readonly string[] = ["", "{from.user}", "{to.user}", "{request-uri.user}"];
const usersOf = (algorithm = "") => USERS[Number(/^(?:kamailio|opensips):(\d+)$/.exec(algorithm)?.[1] ?? 0)] ?? "";

const RULES: Readonly<Record<string, Rule>> = {
  db_url: (source, value) => {
    source.url = value;
    return "";
  },
  table_name: (source, value) => {
    source.table = value;
    return "";
  },
  db_table: (source, value) => {
    source.table = value;
    return "";
  },
  ds_db_extra_attrs: extraAttrs,
  ds_load_mode: (source, value) => {
    source.badRows = value === "1" ? "refuse" : "skip";
    return "";
  },
  ds_ping_interval: interval,
  probing_interval: interval,
  ds_ping_method: probe("method"),
  probing_method: probe("method"),
  ds_ping_from: probe("from"),
  probing_from: probe("from"),
  ds_probing_threshold: threshold,
  // As older versions and many a script spell it.
  ds_probing_threshhold: threshold,
  ds_inactive_threshold: count("up_after"),
  ds_probing_mode: probingMode,
  ds_latency_estimator_alpha: alpha,
  ds_ping_reply_codes: replyCodes,
  options_reply_codes: replyCodes,
  probing_reply_codes: replyCodes,
  use_default: (source, value, line) => {
    source.useDefault = value === "0" ? 0 : line;
    return "";
  },
  flags: (source, value, line) => {
    if (!/^\d+$/.test(value) || Number(value) % 2 === 0) return "bit 2, failover, is how every set works";
    source.usersOnly = line;
    return "";
  },
  hash_pvar: (source, value, line) => {
    const fault = isKeyWord(value) ? "a word, and no variable" : parseKeyExpression(value);
    source.hashedKey = { text: typeof fault === "string" ? "call-id" : value, line };
    return typeof fault === "string" ? `${fault}; the key is the Call-ID until \`key\` says another` : "";
  },
  pvar_algo_pattern: (_, value) => `what ${value} holds is the score of a destination under opensips:9: ${SCORES}`,
  algo_route: (_, value) => `what route[${value}] returns is the score of a destination under opensips:10: ${SCORES}`,
};

const SCRIPT = "it is for what scripts do themselves; failover is a setting of the set here";
const CALLS = "calls are counted in their transactions and dialogs here; nothing has to expire";
const PROBED_FROM =
  "probes leave from the listener that requests leave from: probe_listener of a destination, or ping_socket among its attributes";
const HOOKS = "hooks tell somebody outside of destinations that go down and come back";
const ALONE = "each instance has states of its own";

/** Why some have no equivalent. */
const WITHOUT: Readonly<Record<string, string>> = {
  force_dst: SCRIPT,
  xavp_dst: SCRIPT,
  xavp_dst_mode: SCRIPT,
  xavp_ctx: SCRIPT,
  xavp_ctx_mode: SCRIPT,
  setid_pvname: SCRIPT,
  attrs_pvname: SCRIPT,
  dst_avp: SCRIPT,
  grp_avp: SCRIPT,
  cnt_avp: SCRIPT,
  sock_avp: SCRIPT,
  ds_hash_size: CALLS,
  ds_hash_expire: CALLS,
  ds_hash_initexpire: CALLS,
  ds_hash_check_interval: CALLS,
  ds_ping_fr_timer: "its unit differs between versions: probe: {timeout: 2s}",
  ds_ping_latency_stats: "answer times are always measured",
  ds_retain_latency_stats: "answer times are always kept",
  ds_default_socket: "listener of a destination; the first listener of its family and transport is taken",
  ds_default_sockname: "listener of a destination; the first listener of its family and transport is taken",
  ds_dns_mode: "names are followed as DNS says (section dns)",
  ds_dns_interval: "names are followed as DNS says (section dns)",
  ds_dns_ttl: "dns: {max_ttl: ...}",
  ds_dns_match_all: "every server behind a name is known as its destination (section dns)",
  ds_ping_socket: PROBED_FROM,
  ds_probing_sock: PROBED_FROM,
  outbound_proxy: "probes go to the destination itself",
  event_callback: HOOKS,
  event_callback_mode: HOOKS,
  persistent_state: "state: {file: ...} keeps states over a restart; they are never written into the table",
  fetch_freeswitch_stats: "capacities and weights that are fs:// URLs are always asked for",
  initial_freeswitch_load: "a capacity that is an fs:// URL is 1000 until the first heartbeat",
  max_freeswitch_weight: "the most that an fs:// URL comes to as a weight is 100",
  cluster_id: ALONE,
  cluster_sharing_tag: ALONE,
  cluster_probing_mode: ALONE,
  reload_delta: "reloads wait for each other",
};
