// The calls of a destination as the API shows them.
import { z } from "zod";

const count = z.int().min(0);

/** A page of calls. */
export const CALL_PAGE = z.strictObject({
  calls: z.array(
    z.strictObject({
      destination: z.string().describe("The server that has it."),
      state: z.enum(["ringing", "talking"]).describe("Not answered yet, or answered."),
      age_s: z.number().describe("Seconds since it was answered, or since its INVITE came."),
      session_s: z
        .number()
        .nullable()
        .describe("Seconds within which the session is refreshed (RFC 4028); null: nobody said."),
      caller: z.string().describe("Address and port that its INVITE came from."),
      listener: z.string().describe("The listener that it came by."),
      worker: count,
    }),
  ),
  next: z.string().nullable().describe("`after` of the next page; null: this is the last one."),
  missing: z.array(count).describe("Workers that did not answer in time; their calls are left out."),
});
/** The same as a type. */
export type CallPageResource = z.infer<typeof CALL_PAGE>;

/** What is asked for. */
export const CALL_QUERY = z.strictObject({
  after: z.string().default("").describe("`next` of the page before."),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe("Most calls of the page."),
});

/** A page of the calls of a destination, as the backend sees it. */
export interface CallPageView {
  readonly calls: readonly {
    readonly worker: number;
    /** The server that has it. */
    readonly name: string;
    readonly isTalking: boolean;
    /** Milliseconds since it was answered, or since its INVITE came. */
    readonly age: number;
    /** Milliseconds within which its session is refreshed (RFC 4028); 0: nobody said. */
    readonly session: number;
    readonly listener: string;
    readonly caller: string;
  }[];
  /** What the next page is asked for by; null: there is none. */
  readonly next: string | null;
  /** Workers that did not answer in time. */
  readonly missing: readonly number[];
}

/** A page from the backend's view of it. */
export function callPageResource({ calls, next, missing }: CallPageView): CallPageResource {
  return {
    calls: calls.map(({ name, isTalking, age, session, caller, listener, worker }) => ({
      destination: name,
      state: isTalking ? "talking" : "ringing",
      age_s: Math.round(age / 100) / 10,
      session_s: session === 0 ? null : session / 1000,
      caller,
      listener,
      worker,
    })),
    next,
    missing: [...missing],
  };
}
