// What a hash algorithm hashes when it is neither Call-ID nor one of the usual URIs: a text put together from parts of the message.

/** Parts of a message, as numbers. */
export const KeyField = {
  /** Text that was written. */
  text: 0,
  callId: 1,
  method: 2,
  from: 3,
  fromUser: 4,
  fromHost: 5,
  to: 6,
  toUser: 7,
  toHost: 8,
  requestUri: 9,
  requestUser: 10,
  requestHost: 11,
  /** Address that it came from. */
  source: 12,
  sourcePort: 13,
  /** Address and port that it came to. */
  listener: 14,
  /** The first line of the header whose name stands in `text`; for conditions each in turn. */
  header: 15,
  authUser: 16,
  /** Value of the URI parameter whose name stands in `text`, or the name where it has none. */
  requestParam: 17,
  fromParam: 18,
  toParam: 19,
  /** Port as it is written in the request URI. */
  requestPort: 20,
  fromTag: 21,
  listenerHost: 22,
  listenerPort: 23,
  /** The number in CSeq. */
  cseq: 24,
  /** In small letters. */
  requestScheme: 25,
  /** Value of the request URI's `transport`, as it is written. */
  requestTransport: 26,
} as const;
export type KeyField = (typeof KeyField)[keyof typeof KeyField];

/** A part; `text` is what was written, or a header's or parameter's name in lower case, else empty. `ifNone` stands for what is not there. */
export interface KeyPart {
  readonly field: KeyField;
  readonly text: Uint8Array;
  readonly ifNone: Uint8Array;
}

/** A key, compiled. */
export interface KeyExpression {
  readonly parts: readonly KeyPart[];
  /** Whether a retransmission, CANCEL or ACK has the same one. */
  readonly isStable: boolean;
}

/** Where a number stands for a `KeySource` or an expression, the expressions begin here: this one is the first. */
export const FIRST_EXPRESSION = 64;

/** Whether it is the host of a URI and nothing else, which stands for the same in capitals. */
export function isHostAlone({ parts }: KeyExpression): boolean {
  if (parts.length !== 1) return false;
  const { field } = parts[0]!;
  return field === KeyField.fromHost || field === KeyField.toHost || field === KeyField.requestHost;
}

/** How many of its parts are headers. */
export function headersIn({ parts }: KeyExpression): number {
  let headers = 0;
  for (let i = 0; i < parts.length; i++) if (parts[i]!.field === KeyField.header) headers++;
  return headers;
}
