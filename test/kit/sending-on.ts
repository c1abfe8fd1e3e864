// A server that is a proxy: what it gets it sends on, with its own Via, and the answers back. It records no route.
import type { Peer } from "../../src/ua/transport.ts";
import type { Script } from "./destination.ts";

/** Sends each request on to `to`, as `change` made it. */
export function sendingOn(to: () => Peer, change: (request: string) => string = (request) => request): Script {
  return (transaction, { agent }) => {
    const changed = change(transaction.request.raw.toString("latin1"));
    const onward = Buffer.from(changed.replace("\r\n", `\r\nVia: ${agent.newVia()}\r\n`), "latin1");
    agent.transactBuilt(onward, to(), {
      response: ({ raw, status }) => {
        if (status > 100)
          transaction.resend(Buffer.from(raw.toString("latin1").replace(/\r\nVia: [^\r]*/i, ""), "latin1"));
      },
      timeout: () => {},
    });
  };
}

/** A change for `sendingOn`: another request URI. */
export function withUri(uri: () => string): (request: string) => string {
  return (request) => request.replace(/^(\S+) \S+/, (_line, method: string) => `${method} ${uri()}`);
}
