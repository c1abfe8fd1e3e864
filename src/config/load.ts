// From the text of fairlead.yaml to a Config, with everything that is wrong on the way.
import { CHECKS } from "./checks/index.ts";
import { type Finding, type Places, problemOf } from "./finding.ts";
import type { ConfigIo } from "./io.ts";
import { hasErrors, type Problem } from "./problem.ts";
import { checkReferences, resolveReferences } from "./references.ts";
import { type Config, type Parsed, schema } from "./schema.ts";
import { schemaFindings } from "./schema-findings.ts";
import { readKeys } from "./secrets.ts";
import { readYaml } from "./yaml-text.ts";

/** A configuration, unless a problem is an error. */
export interface Loaded {
  readonly config?: Config;
  /** In the order of the file. */
  readonly problems: readonly Problem[];
}

/** A configuration and findings by path. */
export interface Built {
  readonly config?: Config;
  readonly findings: readonly Finding[];
}

/** Top-level keys in the shape of fairlead.yaml that replace what the file says (command-line options). */
export type Overrides = Readonly<Record<string, unknown>>;

/** The data with the overrides in it; data that is no object stays what it is. */
export function override(data: unknown, overrides: Overrides): unknown {
  return typeof data === "object" && data !== null && !Array.isArray(data) ? { ...data, ...overrides } : (data ?? null);
}

const nowhere: Places = { find: () => ({ line: 0, column: 0 }) };

/** Loads fairlead.yaml. Never throws. `file` is the name in problems, and relative secrets are looked for beside it. */
export function loadYaml(text: string, file: string, io: ConfigIo, overrides: Overrides = {}): Loaded {
  const yaml = readYaml(text, file);
  if (hasErrors(yaml.problems)) return { problems: yaml.problems };
  const built = buildConfig(override(yaml.data, overrides), file, io, false);
  const problems = built.findings.map((finding) => problemOf(finding, file, yaml.places ?? nowhere));
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return built.config === undefined ? { problems } : { config: built.config, problems };
}

/** Builds a configuration from plain data in the shape of fairlead.yaml: schema, references, keys, checks. */
export function buildConfig(data: unknown, file: string, io: ConfigIo, isImported = false): Built {
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
  const references = checkReferences(result.data);
  const { keys, findings } = readKeys(result.data.keys, file, io);
  const broken = [...references, ...findings];
  if (broken.length > 0) return { findings: broken };
  const config = complete(result.data, keys);
  const checked = CHECKS.flatMap((check) => check.look(config, { cores: io.cores, isImported }));
  return checked.some((finding) => finding.severity === "error")
    ? { findings: checked }
    : { config, findings: checked };
}

function complete(parsed: Parsed, keys: Config["keys"]): Config {
  const { receive_buffer, server_header, protected_headers, ...rest } = parsed;
  return {
    ...rest,
    ...resolveReferences(parsed),
    keys,
    receiveBuffer: receive_buffer,
    serverHeader: server_header,
    protectedHeaders: protected_headers,
  };
}
