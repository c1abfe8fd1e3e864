// What a proxy may change in a message, line by line (RFC 3261 16.6, 16.7): everything else has to leave as it came.
import type { StrictReader } from "./strict-reader.ts";

/** Header lines in which a forwarded request may differ from the one that arrived. */
const CHANGED = new Set(["via", "route", "record-route", "max-forwards", "max-breadth", "path", "contact", "m"]);

/**
 * What is wrong with `out` as the forwarded request `from`, or nothing. `withheld` are the headers, in lower case, that its
 * sender must not speak of.
 */
export function compareRequest(from: StrictReader, out: StrictReader, withheld: ReadonlySet<string>): string {
  const method = from.startLine.slice(0, from.startLine.indexOf(" ") + 1);
  if (!out.startLine.startsWith(method)) return `another method: ${out.startLine}`;
  if (from.number("route") === 0 && from.startLine !== out.startLine) return `another start line: ${out.startLine}`;
  const vias = out.number("via") - from.number("via");
  if (vias !== 1) return `${vias} Via lines more`;
  const top = out.find("via");
  if (
    !/^Via: SIP\/2\.0\/UDP [^\s;,]+;branch=z9hG4bK(?:[ta][0-9a-f]{24}|s[0-9a-f]{24}(?:;oc;oc-algo="loss")?)$/.test(
      out.text(top),
    )
  )
    return `not our Via: ${out.text(top)}`;
  const theirs = out.find("via", top + 1);
  if (sentBy(out.text(theirs)) !== sentBy(from.text(from.find("via")))) return `another sent-by: ${out.text(theirs)}`;
  const rest = sameLines(from, from.find("via") + 1, out, theirs + 1, (name) => name === "via");
  if (rest !== "") return rest;
  const hops = hopsOf(out);
  if (hops !== (from.number("max-forwards") === 0 ? 70 : hopsOf(from) - 1)) return `Max-Forwards ${hops}`;
  const own = out.number("record-route") - from.number("record-route");
  if (own < 0 || own > 2) return `${own} Record-Route lines more`;
  for (let i = 0, at = out.find("record-route"); i < own; i++, at = out.find("record-route", at + 1)) {
    if (!/^Record-Route: <sip:[^<>,]+;lr;fl=[-_A-Za-z0-9]+>$/.test(out.text(at)))
      return `not our Record-Route: ${out.text(at)}`;
  }
  const path = pathFault(from, out) || contactFault(from, out);
  if (path !== "") return path;
  if (out.number("route") > from.number("route")) return "more Route lines";
  for (let i = 0; i < out.count; i++) if (withheld.has(out.name[i]!)) return `not from a stranger: ${out.text(i)}`;
  const other = sameLines(from, 0, out, 0, (name) => !CHANGED.has(name) && !withheld.has(name));
  return other !== "" ? other : sameBody(from, out);
}

/** A registration may get our Path, above all others, which stay as they are. */
function pathFault(from: StrictReader, out: StrictReader): string {
  const top = out.find("path");
  const own = out.number("path") - from.number("path");
  if (own === 0) return sameLines(from, 0, out, 0, (name) => name === "path");
  if (own !== 1 || !out.startLine.startsWith("REGISTER ")) return `${own} Path lines more`;
  if (!/^Path: <sip:fl\.[-_A-Za-z0-9]+@[^<>,@]+;lr(;ob)?>$/.test(out.text(top)))
    return `not our Path: ${out.text(top)}`;
  return sameLines(from, 0, out, top + 1, (name) => name === "path");
}

/** A Contact may have got the flow of its phone, and brackets around that; nothing else. */
function contactFault(from: StrictReader, out: StrictReader): string {
  for (const name of ["contact", "m"]) {
    if (from.number(name) !== out.number(name)) return "Contact lines lost or won";
    for (let i = from.find(name), k = out.find(name); i >= 0 && k >= 0; ) {
      const [before, after] = [from.text(i), out.text(k)];
      const bare = after.replace(/;flow=fl\.[-_A-Za-z0-9]+/, "");
      if (before !== after && before !== bare && before !== bare.replace(/[<>]/g, ""))
        return `another Contact: ${after}`;
      i = from.find(name, i + 1);
      k = out.find(name, k + 1);
    }
  }
  return "";
}

/**
 * What is wrong with `out` as the forwarded response `from`, or nothing. `withheld` are the headers, in lower case, that its sender must
 * not speak of; whoever `mayVouch`, being at a destination's address, may or may not.
 */
export function compareResponse(
  from: StrictReader,
  out: StrictReader,
  withheld: ReadonlySet<string>,
  mayVouch: boolean,
): string {
  if (from.startLine !== out.startLine) return `another status line: ${out.startLine}`;
  const top = from.find("via");
  const gone = from.number("via") - out.number("via");
  if (gone !== 0 && gone !== 1) return `${gone} Via lines less`;
  // Either the whole line was ours, or ours was the first value of it.
  if (gone === 0 && !restOf(from.text(top)).endsWith(restOf(out.text(out.find("via")))))
    return "another Via below ours";
  const vias = sameLines(from, top + 1, out, gone === 1 ? 0 : out.find("via") + 1, (name) => name === "via");
  if (vias !== "") return vias;
  const contact = contactFault(from, out);
  if (contact !== "") return contact;
  let isWithout = withheld.size > 0;
  for (let i = 0; i < out.count; i++) {
    if (!withheld.has(out.name[i]!)) continue;
    if (!mayVouch) return `not from a stranger: ${out.text(i)}`;
    isWithout = false;
  }
  const isSame = (name: string) =>
    name !== "via" && name !== "contact" && name !== "m" && !(isWithout && withheld.has(name));
  const other = sameLines(from, 0, out, 0, isSame);
  return other !== "" ? other : sameBody(from, out);
}

function sameLines(
  a: StrictReader,
  aFrom: number,
  b: StrictReader,
  bFrom: number,
  counts: (name: string) => boolean,
): string {
  let i = aFrom;
  let k = bFrom;
  for (; ; i++, k++) {
    while (i < a.count && !counts(a.name[i]!)) i++;
    while (k < b.count && !counts(b.name[k]!)) k++;
    if (i >= a.count || k >= b.count) break;
    if (a.bytes.compare(b.bytes, b.start[k], b.end[k], a.start[i], a.end[i]) !== 0) return `another line: ${b.text(k)}`;
  }
  return i >= a.count && k >= b.count ? "" : `${a.count - i} lines lost, ${b.count - k} won`;
}

/** A datagram may have more bytes than Content-Length says; they are not passed on (RFC 3261 18.3). */
function sameBody(from: StrictReader, out: StrictReader): string {
  const length = out.bodyEnd - out.bodyStart;
  return from.bytes.compare(out.bytes, out.bodyStart, out.bodyEnd, from.bodyStart, from.bodyStart + length) === 0
    ? ""
    : "another body";
}

function hopsOf(reader: StrictReader): number {
  const i = reader.find("max-forwards");
  return i < 0 ? -1 : Number(restOf(reader.text(i)));
}

function sentBy(line: string): string {
  return restOf(line).split(/[;,]/, 1)[0]!.trim();
}

function restOf(line: string): string {
  return line.slice(line.indexOf(":") + 1).trim();
}
