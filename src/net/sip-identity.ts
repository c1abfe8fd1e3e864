// Who a certificate says its owner is, as SIP asks (RFC 5922 7.1, 7.2): sip URIs among its alternative names, else DNS names, and the
// common name only where there are no alternative names at all. Compared as a whole: no wildcards.
import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** Why a certificate is not that of `host` (a name or an address); empty: it is. */
export function identityFault(certificate: X509Certificate, host: string): string {
  const names = identitiesOf(certificate);
  const isAddress = isIP(host) !== 0;
  if (isAddress && certificate.checkIP(host) !== undefined) return "";
  if (!isAddress && names.includes(plain(host))) return "";
  return `the certificate is for ${names.length === 0 ? "nobody" : names.join(", ")}`;
}

/** The SIP domains of a certificate, in lower case. */
export function identitiesOf(certificate: X509Certificate): string[] {
  const alternatives = alternativeNames(certificate.subjectAltName);
  const uris = alternatives.flatMap(([kind, value]) => (kind === "URI" ? sipDomain(value) : []));
  if (uris.length > 0) return uris;
  if (alternatives.length > 0)
    return alternatives.flatMap(([kind, value]) => (kind === "DNS" || kind === "IP Address" ? [plain(value)] : []));
  const common = /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  return common === undefined ? [] : [plain(common)];
}

/** DNS names of a certificate for the choice by server name: there, a wildcard means what it means to everybody. */
export function serverNamesOf(certificate: X509Certificate): string[] {
  const alternatives = alternativeNames(certificate.subjectAltName);
  const dns = alternatives.flatMap(([kind, value]) => (kind === "DNS" ? [plain(value)] : []));
  return [...new Set([...dns, ...identitiesOf(certificate)])];
}

/** `DNS:a.example.com, URI:sip:example.com` taken apart. What holds a comma or a quote is written as a JSON string by Node. */
function alternativeNames(text: string | undefined): [string, string][] {
  const names: [string, string][] = [];
  for (const match of (text ?? "").matchAll(/([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)) {
    const [, kind = "", value = ""] = match;
    names.push([kind, value.startsWith('"') ? unquoted(value) : value]);
  }
  return names;
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return "";
  }
}

/** The domain of a sip URI without a user; of any other URI nothing. */
function sipDomain(uri: string): string[] {
  const match = /^sip:([^@;?:[\]]+|\[[^\]]*\])(?::\d+)?(?:[;?][^@]*)?$/i.exec(uri);
  return match === null ? [] : [plain(match[1] ?? "")];
}

/** As names are compared: in lower case, without the dot of the root. */
function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
