// Takes secrets out of a configuration before anybody sees it.

/** What stands where a secret was. */
export const REDACTED = "(redacted)";
const SECRET = /^(keys|password|passwd|secret|token)$|_(password|secret|token)$/;

/** A copy of a JSON-like value in which every secret is replaced. */
export function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET.test(name) && !isMap(inner) ? hide(inner) : redact(inner),
    ]),
  );
}

/** A set may be called `token`: what is in it says by its own names whether it is secret. */
function isMap(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hide(value: unknown): unknown {
  if (value === undefined || value === null || value === "") return value;
  return Array.isArray(value) ? value.map(() => REDACTED) : REDACTED;
}
