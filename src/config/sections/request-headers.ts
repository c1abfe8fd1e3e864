// `headers` of a route: lines that are added to a request, replaced or left out on its way to a destination.
import { z } from "zod";
import { Header, headerOf } from "../../sip/header.ts";
import { refuse } from "../values/issue.ts";
import { KEY_HINT, parseText } from "../values/key-expression.ts";

/** A header and its value: text with parts of the message in braces, as keys have them. */
export interface HeaderLineConfig {
  readonly name: string;
  readonly value: string;
}

/** What happens to headers, in this order. */
export interface RequestHeadersConfig {
  readonly remove: readonly string[];
  /** Replace all lines of that name. */
  readonly set: readonly HeaderLineConfig[];
  readonly add: readonly HeaderLineConfig[];
}

/** Headers that transactions, dialogs, routing and framing live on. */
const OURS: readonly Header[] = [
  Header.via,
  Header.from,
  Header.to,
  Header.callId,
  Header.cseq,
  Header.maxForwards,
  Header.maxBreadth,
  Header.route,
  Header.recordRoute,
  Header.path,
  Header.contact,
  Header.contentLength,
  Header.contentType,
  Header.contentEncoding,
  Header.rAck,
  Header.rSeq,
  Header.replaces,
  Header.join,
];

const name = z.string().transform((text, sink): string => {
  if (!/^[A-Za-z0-9.!%*_+`'~-]{1,64}$/.test(text))
    return refuse(sink, text, `"${text}" is not a header name`, "the name alone, such as X-Account");
  const bytes = new TextEncoder().encode(text);
  if (OURS.includes(headerOf(bytes, 0, bytes.length)))
    return refuse(
      sink,
      text,
      `${text} is not to be changed: transactions, dialogs and routing live on it`,
      "other headers, such as X-Account or User-Agent",
    );
  return text;
});

const lines = z
  .record(z.string(), z.union([z.string().max(1024), z.number().transform(String)]))
  .transform((given, sink) =>
    Object.entries(given).map(([header, value]): HeaderLineConfig => {
      const checked = name.safeParse(header);
      if (!checked.success) {
        const [issue] = checked.error.issues;
        const hint = issue?.code === "custom" ? String(issue.params?.hint ?? "") : "";
        refuse(sink, given, issue?.message ?? `"${header}" is not a header name`, hint, [header]);
      }
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
      if (/[\u0000-\u001f\u007f]/.test(value))
        refuse(sink, given, "a header's value is one line of text", "", [header]);
      const parts = parseText(value);
      if (typeof parts === "string") refuse(sink, given, parts, `parts are ${KEY_HINT}`, [header]);
      return { name: header, value };
    }),
  );

/** Schema of `headers`. */
export const requestHeaders = z
  .strictObject({
    remove: z.array(name).max(64).default([]).describe("Names of headers that are left out."),
    set: lines.prefault({}).describe("Headers by name that replace all of that name."),
    add: lines.prefault({}).describe("Headers by name that are added behind the others."),
  })
  .describe(
    "With `set`: changes to the headers of requests that this route forwards, those within dialogs excepted. Values may have parts of the message in braces: `X-Source: '{source}:{source.port}'`.",
  )
  .transform((given): RequestHeadersConfig => given);
