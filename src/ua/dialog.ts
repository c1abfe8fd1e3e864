// A dialog's state (RFC 3261 12): who we are to each other, the route set, and the next request to be sent.
import {
  addressUri,
  cseqOf,
  headerOf,
  headerValues,
  type ParsedMessage,
  parameterOf,
  tagOf,
} from "./parsed-message.ts";
import type { RequestFields } from "./request-builder.ts";
import { type Peer, peerOfUri } from "./transport.ts";

/** Ways in which a peer may depart from RFC 3261 12, as real ones do. */
export interface DialogManners {
  /** Send in-dialog requests without Route, to where the INVITE went (SIPp's built-in scenarios). */
  readonly ignoresRecordRoute?: boolean | undefined;
}

/** One dialog from one side. */
export class Dialog {
  readonly callId: string;
  /** From value of our requests, with our tag. */
  readonly local: string;
  /** To value of our requests, with the peer's tag. */
  readonly remote: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** The peer's Contact URI; target refreshes replace it. */
  remoteTarget: string;
  /** Route values, nearest first. */
  readonly routes: readonly string[];
  localCseq: number;
  /** Where requests go when neither Route nor target is numeric. */
  readonly fallback: Peer;

  private constructor(
    fields: Pick<Dialog, "callId" | "local" | "remote" | "remoteTarget" | "routes" | "localCseq" | "fallback">,
  ) {
    this.callId = fields.callId;
    this.local = fields.local;
    this.remote = fields.remote;
    this.localTag = parameterOf(fields.local, "tag") ?? "";
    this.remoteTag = parameterOf(fields.remote, "tag") ?? "";
    this.remoteTarget = fields.remoteTarget;
    this.routes = fields.routes;
    this.localCseq = fields.localCseq;
    this.fallback = fields.fallback;
  }

  /** The caller's dialog, from its INVITE and a response with a To tag (12.1.2). */
  static ofCaller(invite: ParsedMessage, response: ParsedMessage, sentTo: Peer, manners: DialogManners = {}): Dialog {
    const contact = headerValues(response, "contact")[0];
    return new Dialog({
      callId: headerOf(invite, "call-id"),
      local: headerOf(invite, "from"),
      remote: headerOf(response, "to"),
      remoteTarget: contact === undefined || manners.ignoresRecordRoute ? invite.uri : addressUri(contact),
      routes: manners.ignoresRecordRoute ? [] : headerValues(response, "record-route").reverse(),
      localCseq: cseqOf(invite).number,
      fallback: sentTo,
    });
  }

  /** The callee's dialog, from the INVITE it received and its own tag (12.1.1). */
  static ofCallee(invite: ParsedMessage, localTag: string, source: Peer, manners: DialogManners = {}): Dialog {
    const contact = headerValues(invite, "contact")[0];
    return new Dialog({
      callId: headerOf(invite, "call-id"),
      local: tagOf(invite, "to") === "" ? `${headerOf(invite, "to")};tag=${localTag}` : headerOf(invite, "to"),
      remote: headerOf(invite, "from"),
      remoteTarget: addressUri(contact ?? headerOf(invite, "from")),
      routes: manners.ignoresRecordRoute ? [] : headerValues(invite, "record-route"),
      localCseq: 0,
      fallback: source,
    });
  }

  /** Name under which a user agent finds the dialog of a message it received: Call-ID and its own tag. */
  get key(): string {
    return `${this.callId}|${this.localTag}`;
  }

  /** The next request in this dialog and where to send it (12.2.1.1, strict routers included). ACK: give its INVITE's CSeq. */
  request(method: string, cseq?: number): { fields: Omit<RequestFields, "via">; peer: Peer } {
    const number = cseq ?? ++this.localCseq;
    const [first, ...others] = this.routes;
    const isLoose = first === undefined || parameterOf(addressUri(first), "lr") !== null;
    const uri = isLoose ? this.remoteTarget : addressUri(first);
    const routes = isLoose ? this.routes : [...others, `<${this.remoteTarget}>`];
    const peer = this.routes.length === 0 ? this.fallback : (peerOfUri(first!) ?? this.fallback);
    const fields = { method, uri, routes, from: this.local, to: this.remote, callId: this.callId, cseq: number };
    return { fields, peer };
  }
}
