// Reads the message log of SIPp (`-trace_msg`).

/** One message that SIPp sent or received. */
export interface SippMessage {
  readonly direction: "in" | "out";
  /** Method of a request, or the status code. */
  readonly what: string;
  readonly callId: string;
  /** Method of the CSeq. */
  readonly method: string;
  /** Branch of the top Via. */
  readonly branch: string;
}

/** All whole messages of a log, in order. */
export function parseSippLog(text: string): SippMessage[] {
  return text.split(/^-{20,}.*\n/m).flatMap((entry) => {
    const found = /^\w+ message (sent|received)[^\n]*\n\n(?:SIP\/2\.0 (\d{3})|([A-Z]+) )/m.exec(entry);
    const callId = /^Call-ID: *(\S+)/im.exec(entry)?.[1];
    const method = /^CSeq: *\d+ +(\w+)/im.exec(entry)?.[1];
    const branch = /^Via:[^\n]*?;branch=([^;\s]+)/im.exec(entry)?.[1] ?? "";
    if (found === null || callId === undefined || method === undefined) return [];
    return [{ direction: found[1] === "sent" ? "out" : "in", what: found[2] ?? found[3]!, callId, method, branch }];
  });
}
