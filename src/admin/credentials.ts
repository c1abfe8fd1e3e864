// How a token comes with a request. Everywhere as RFC 6750 has it; foreign commands also in the ways that their products' own clients
// can send one: in the URL, because that is all that these are told.

const QUERY = /([?&]access_token=)([^&#]*)/gi;

/** The token of `Authorization: Bearer` (RFC 6750 2.1); undefined: there is none. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
}

/**
 * The token of a foreign command: the same, the password of `Authorization: Basic` whatever the user is called (RFC 7617), or
 * `access_token` in the query (RFC 6750 2.3). Undefined: there is none, or several that differ.
 */
export function commandToken(authorization: string | undefined, url: string): string | undefined {
  const given = [bearerToken(authorization), basicPassword(authorization)];
  for (const [, , text = ""] of url.matchAll(QUERY)) given.push(decoded(text));
  const tokens = new Set(given.filter((token) => token !== undefined && token !== ""));
  return tokens.size === 1 ? [...tokens][0] : undefined;
}

/** A URL as logs may have it, without any token. */
export function withoutToken(url: string): string {
  return url.replace(QUERY, "$1-");
}

function basicPassword(authorization: string | undefined): string | undefined {
  const coded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? "")?.[1];
  if (coded === undefined) return undefined;
  const text = Buffer.from(coded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : text.slice(colon + 1);
}

/** What nobody has encoded so is nobody's token. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
