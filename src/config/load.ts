// From the text of fairlead.yaml to a Config, with everything that is wrong on the way.
import { CHECKS } from "./checks/index.ts";
import { withFewRows } from "./checks/rows.ts";
import { type Finding, type Places, problemOf } from "./finding.ts";
import { readHooks } from "./hook-addresses.ts";
import type { ConfigIo } from "./io.ts";
import { atListener, withListenerProfiles } from "./listener-profiles.ts";
import { type OwnAlgorithmConfig, readAlgorithms } from "./own-algorithms.ts";
import { hasErrors, type Problem } from "./problem.ts";
import { checkReferences, resolveReferences } from "./references.ts";
import { replacedListeners } from "./replaced-listeners.ts";
import { type Config, type Parsed, schema } from "./schema.ts";
import { schemaFindings } from "./schema-findings.ts";
import type { Secret } from "./secret.ts";
import { readSecrets, type WantedSecret } from "./secrets.ts";
import { readSources } from "./source-databases.ts";
import { awaitedSets } from "./tables/awaited.ts";
import { filledSets } from "./tables/fill.ts";
import type { Tables } from "./tables/table.ts";
import { readTls } from "./tls-files.ts";
import { isObject } from "./values/object.ts";
import { readYaml } from "./yaml-text.ts";

/** A configuration, unless a problem is an error. */
export interface Loaded {
  readonly config?: Config;
  /** In the order of the file. */
  readonly problems: readonly Problem[];
  /** What is wrong is a database that cannot be reached: that may get better by itself. */
  readonly isUnreachable?: boolean;
}

/** A configuration and findings by path. */
export interface Built {
  readonly config?: Config;
  readonly findings: readonly Finding[];
}

/** Top-level keys in the shape of fairlead.yaml that replace what the file says (command-line options). */
export type Overrides = Readonly<Record<string, unknown>>;

/**
 * The data with the overrides in it; data that is no object stays what it is. Of a section of which only a part is replaced the
 * rest stays: who may use the admin API does not depend on where it listens.
 */
export function override(data: unknown, overrides: Overrides): unknown {
  if (!isObject(data)) return data ?? null;
  const merged = Object.entries(overrides).map(([name, value]) => {
    const own = data[name];
    return [name, isObject(value) && isObject(own) ? { ...own, ...value } : value] as const;
  });
  return { ...data, ...Object.fromEntries(merged) };
}

const nowhere: Places = { find: () => ({ line: 0, column: 0 }) };

/**
 * Loads fairlead.yaml. Never throws. `file` is the name in problems, and relative secrets are looked for beside it. Modules among `tried`
 * are not read again.
 */
export function loadYaml(
  text: string,
  file: string,
  io: ConfigIo,
  overrides: Overrides = {},
  tables?: Tables | undefined,
  tried: readonly OwnAlgorithmConfig[] = [],
): Loaded {
  const yaml = readYaml(text, file);
  if (hasErrors(yaml.problems)) return { problems: yaml.problems };
  const built = buildConfig(override(yaml.data, overrides), file, io, false, tables, tried);
  const findings = [...replacedListeners(yaml.data, overrides["listeners"]), ...built.findings];
  const problems = findings.map((finding) => problemOf(finding, file, yaml.places ?? nowhere));
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return built.config === undefined ? { problems } : { config: built.config, problems };
}

/**
 * Builds a configuration from plain data in the shape of fairlead.yaml: schema, references, keys, checks. Without `tables` its
 * sources are not looked at: it says which ones there are, and lacks what they have. `tried` as for `loadYaml`.
 */
export function buildConfig(
  data: unknown,
  file: string,
  io: ConfigIo,
  isImported = false,
  tables?: Tables | undefined,
  tried: readonly OwnAlgorithmConfig[] = [],
): Built {
  if (data === null)
    return {
      findings: [
        {
          path: [],
          severity: "error",
          what: "the configuration is empty",
          hint: "it needs at least listeners and sets",
        },
      ],
    };
  const result = schema.safeParse(data);
  if (!result.success) return { findings: schemaFindings(schema, result.error.issues, data) };
  const { parsed: written, listeners } = withListenerProfiles(result.data);
  const { sources, findings: sourceFindings } = readSources(written.sources, file, io);
  const filled = filledSets({ ...written, sources }, tables ?? new Map());
  const awaited = tables === undefined ? [] : awaitedSets(filled.sets, sources, written.routes, tables);
  const parsed = { ...written, sets: [...filled.sets, ...awaited] };
  const isWhole = sources.length === 0 || tables !== undefined;
  const isAwaited = sources.some(({ name }) => tables?.has(name) !== true);
  const references = [...sourceFindings, ...filled.findings, ...checkReferences(parsed, isWhole, isAwaited)];
  const { secrets, findings } = readSecrets(wantedSecrets(parsed), file, io);
  const { profiles, findings: tlsFindings } = readTls(parsed.tls, file, io);
  const { hooks, findings: hookFindings } = readHooks(written.hooks, file, io);
  const { algorithms, findings: algorithmFindings } = readAlgorithms(written.algorithms, file, io, tried);
  const read = [
    ...references,
    ...findings,
    ...hookFindings,
    ...algorithmFindings,
    ...tlsFindings.map((finding) => atListener(finding, listeners)),
  ];
  if (read.some(({ severity }) => severity === "error")) return { findings: read };
  const config = { ...complete(parsed, secrets, profiles), algorithms, hooks, sources, tables: tables ?? new Map() };
  if (!isWhole) return { config, findings: read };
  const checked = CHECKS.flatMap((check) => withFewRows(check.look(config, { cores: io.cores, isImported }), config));
  return checked.some((finding) => finding.severity === "error")
    ? { findings: [...read, ...checked] }
    : { config, findings: [...read, ...checked] };
}

/** The keys, then the tokens of the admin API. */
function wantedSecrets({ keys, admin }: Parsed): WantedSecret[] {
  return [
    ...keys.map((reference, index) => ({ path: ["keys", index], reference })),
    ...(admin?.tokens ?? []).map(({ token }, index) => ({
      path: ["admin", "tokens", index, "token"],
      reference: token,
    })),
  ];
}

/** What is read from elsewhere than the configuration's text. */
type ReadLater = "algorithms" | "sources" | "tables" | "hooks";

function complete(parsed: Parsed, secrets: readonly Secret[], tls: Config["tls"]): Omit<Config, ReadLater> {
  const {
    receive_buffer,
    server_header,
    protected_headers,
    rate_limits,
    admin,
    algorithms: _,
    sources: __,
    hooks: ___,
    ...rest
  } = parsed;
  const tokens = secrets.slice(parsed.keys.length);
  return {
    ...rest,
    ...resolveReferences(parsed),
    keys: secrets.slice(0, parsed.keys.length),
    tls,
    admin:
      admin === null
        ? null
        : { ...admin, tokens: admin.tokens.map(({ name, role }, i) => ({ name, role, secret: tokens[i]! })) },
    receiveBuffer: receive_buffer,
    serverHeader: server_header,
    protectedHeaders: protected_headers,
    rateLimits: rate_limits,
  };
}
