// Who changes something says which version of it they have seen (RFC 9110 13.1.1): two operators never overwrite each other
// unseen. A tag stands for what can be changed, settings and the operator's word, not for figures that move by themselves.
import { createHash } from "node:crypto";
import { HttpProblem } from "./problem.ts";

/** The entity tag of a JSON-like value, quotes included. */
export function tagOf(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
}

/** What an asker believes to be there. */
export interface Precondition {
  /** Throws 412 when `current` is none of the tags that were given; to be called when the change has its turn. */
  check(current: string): void;
}

/** Nobody asked for anything. */
export const UNCONDITIONAL: Precondition = { check: () => undefined };

/** Reads `If-Match`; `*`: whatever is there. Throws 428 (RFC 6585 section 3) when it is required and missing. */
export function readPrecondition(header: string | undefined, need: "required" | "optional"): Precondition {
  if (header === undefined) {
    if (need === "optional") return UNCONDITIONAL;
    throw new HttpProblem(428, "If-Match is missing: the ETag of what you have seen, or * for whatever is there");
  }
  if (header.trim() === "*") return UNCONDITIONAL;
  const tags = header.split(",").map((tag) => tag.trim());
  if (!tags.every((tag) => /^(W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/.test(tag)))
    throw new HttpProblem(400, `If-Match: ${header.slice(0, 80)} is not an ETag in double quotes, or *`);
  return {
    check(current) {
      if (tags.includes(current)) return;
      throw new HttpProblem(412, "it has changed since you saw it; read it again", [], { etag: current });
    },
  };
}
