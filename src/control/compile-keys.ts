// Keys of sets and routes as numbers: a `KeySource`, or a place among the snapshot's expressions.
import { FIRST_EXPRESSION, type KeyExpression, KeyField } from "../bridge/key-expression.ts";
import type { Config } from "../config/schema.ts";
import {
  isKeyWord,
  isStableKey,
  type KeyFieldName,
  type KeyPartConfig,
  type KeyWord,
  parseKeyExpression,
  parseText,
} from "../config/values/key-expression.ts";
import { KeySource } from "../dispatch/types.ts";

const WORDS: Readonly<Record<KeyWord, KeySource>> = {
  "call-id": KeySource.callId,
  from: KeySource.from,
  to: KeySource.to,
  "request-uri": KeySource.requestUri,
  "auth-user": KeySource.authUser,
};
const FIELDS: Readonly<Record<KeyFieldName, KeyField>> = {
  text: KeyField.text,
  "call-id": KeyField.callId,
  method: KeyField.method,
  from: KeyField.from,
  "from.user": KeyField.fromUser,
  "from.host": KeyField.fromHost,
  to: KeyField.to,
  "to.user": KeyField.toUser,
  "to.host": KeyField.toHost,
  "request-uri": KeyField.requestUri,
  "request-uri.user": KeyField.requestUser,
  "request-uri.host": KeyField.requestHost,
  "request-uri.port": KeyField.requestPort,
  "request-uri.scheme": KeyField.requestScheme,
  "request-uri.transport": KeyField.requestTransport,
  "request-uri.param": KeyField.requestParam,
  "from.param": KeyField.fromParam,
  "to.param": KeyField.toParam,
  source: KeyField.source,
  "source.port": KeyField.sourcePort,
  listener: KeyField.listener,
  "listener.host": KeyField.listenerHost,
  "listener.port": KeyField.listenerPort,
  "from.tag": KeyField.fromTag,
  cseq: KeyField.cseq,
  header: KeyField.header,
  "auth-user": KeyField.authUser,
};

/** The expressions of a configuration, each once. */
export class KeyTable {
  readonly expressions: readonly KeyExpression[];
  readonly #texts: readonly string[];

  constructor(config: Config) {
    const keys = [
      ...config.sets.map((set) => set.key),
      ...config.routes.map(({ action }) => (action.kind === "dispatch" ? action.key : undefined)),
    ];
    this.#texts = [...new Set(keys.filter((key) => key !== undefined && !isKeyWord(key)))] as string[];
    this.expressions = this.#texts.map(compileExpression);
  }

  /** The number of a key: see `FIRST_EXPRESSION`; -1: none is given. */
  numberOf(key: string | undefined): number {
    if (key === undefined) return -1;
    return isKeyWord(key) ? WORDS[key] : FIRST_EXPRESSION + this.#texts.indexOf(key);
  }
}

/** One expression; throws where the configuration would have refused it. */
export function compileExpression(text: string): KeyExpression {
  const parts = parseKeyExpression(text);
  if (typeof parts === "string") throw new Error(`key ${text}: ${parts}`);
  return { parts: parts.map(compilePart), isStable: isStableKey(parts) };
}

/** A text that may have no part of the message's; throws where the configuration would have refused it. */
export function compileText(text: string): KeyExpression {
  const parts = parseText(text);
  if (typeof parts === "string") throw new Error(`${text}: ${parts}`);
  return { parts: parts.map(compilePart), isStable: isStableKey(parts) };
}

function compilePart({ field, text, ifNone }: KeyPartConfig): KeyExpression["parts"][number] {
  const bytes = Buffer.from(field !== "text" ? text.toLowerCase() : text, "utf8");
  return { field: FIELDS[field], text: bytes, ifNone: Buffer.from(ifNone, "latin1") };
}
