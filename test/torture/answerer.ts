// The answer of a destination that takes everything: as little understanding of the request as can be.
import { headerOf, type ParsedMessage } from "../../src/ua/parsed-message.ts";

const COPIED = ["via", "record-route", "from", "to", "call-id", "cseq"];

/** A 200 to a request. */
export function okTo(request: ParsedMessage): Buffer {
  const lines = COPIED.flatMap((wanted) =>
    request.headers
      .filter(({ name }) => headerOf({ ...request, headers: [{ name, value: "x" }] }, wanted) === "x")
      .map(({ name, value }) => {
        const tag = wanted === "to" && !/;\s*tag\s*=/i.test(value) ? ";tag=destination" : "";
        return `${name}: ${value}${tag}\r\n`;
      }),
  );
  return Buffer.from(`SIP/2.0 200 OK\r\n${lines.join("")}Content-Length: 0\r\n\r\n`, "latin1");
}
