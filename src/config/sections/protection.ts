// What strangers may not say: whose word counts, and which headers are only taken from those.
import { z } from "zod";
import { Header, headerOf } from "../../sip/header.ts";
import { addressBlock } from "../values/address-block.ts";
import { refuse } from "../values/issue.ts";

/** Headers that a request or its answer cannot do without, or that whoever gets it needs to handle it as it was meant (RSeq: RFC 3262 3). */
const NEEDED: readonly Header[] = [
  Header.via,
  Header.from,
  Header.to,
  Header.callId,
  Header.cseq,
  Header.maxForwards,
  Header.route,
  Header.recordRoute,
  Header.contact,
  Header.contentLength,
  Header.contentType,
  Header.contentEncoding,
  Header.proxyRequire,
  Header.require,
  Header.maxBreadth,
  Header.rAck,
  Header.rSeq,
];

const headerName = z
  .string()
  .meta({ title: "header name", examples: ["P-Asserted-Identity", "X-Account"] })
  .transform((name, sink): string => {
    if (!/^[A-Za-z0-9.!%*_+`'~-]{1,64}$/.test(name)) {
      return refuse(sink, name, `"${name}" is not a header name`, "the name alone, such as X-Account");
    }
    const bytes = new TextEncoder().encode(name);
    if (NEEDED.includes(headerOf(bytes, 0, bytes.length)))
      return refuse(
        sink,
        name,
        `a message without ${name} is another message`,
        "only headers that vouch for something",
      );
    return name;
  });

/** Schemas by key. */
export const protection = {
  trusted: z
    .array(addressBlock)
    .max(1000)
    .prefault([])
    .describe(
      "Sources whose protected headers and Route values are passed on, such as your own proxies and trunks. Destinations always are trusted.",
    ),
  protected_headers: z
    .array(headerName)
    .max(64)
    .prefault(["P-Asserted-Identity"])
    .describe(
      "Headers that are removed from requests and answers of everyone else, in every spelling (RFC 3325). `[]`: none.",
    ),
} as const;
