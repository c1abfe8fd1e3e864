// What calls and sessions need of the user agent that they belong to. (user-agent.ts makes calls; calls do not know it.)
import type { ClientListener, ClientTransaction } from "./client-transaction.ts";
import type { Dialog, DialogManners } from "./dialog.ts";
import type { ParsedMessage } from "./parsed-message.ts";
import type { RequestFields } from "./request-builder.ts";
import type { ServerTransaction } from "./server-transaction.ts";
import type { Timers } from "./timers.ts";
import type { Peer } from "./transport.ts";

/** A dialog's owner, found by `dialog.key` when a request arrives in it. */
export interface DialogUser {
  readonly dialog: Dialog;
  /** A request in the dialog, ACK and CANCEL excepted. */
  receive(transaction: ServerTransaction): void;
  /** An ACK that belongs to no transaction: that of a 2xx. */
  acknowledge(ack: ParsedMessage): void;
  /** Leave at once and silently. */
  abandon(): void;
}

/** The user agent, seen from a call. */
export interface Agent {
  readonly timers: Timers;
  /** Contact value, e.g. `<sip:phone@127.0.0.1:24001>`. */
  readonly contact: string;
  readonly manners: DialogManners;
  /** A Via value with a fresh branch. */
  newVia(): string;
  /** Sends a request and follows it; a Via is added unless the fields bring one. */
  transact(fields: AgentRequest, peer: Peer, listener: ClientListener): ClientTransaction;
  /** Sends a request that is built already. */
  transactBuilt(bytes: Buffer, peer: Peer, listener: ClientListener): ClientTransaction;
  send(bytes: Buffer, peer: Peer): void;
  addDialog(user: DialogUser): void;
  removeDialog(user: DialogUser): void;
}

/** A request whose Via the agent adds. */
export type AgentRequest = Omit<RequestFields, "via"> & { readonly via?: readonly string[] | undefined };
