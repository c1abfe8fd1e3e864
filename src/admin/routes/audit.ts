// Who changed what, lately.
import { z } from "zod";
import { operation } from "../operation.ts";
import type { RequestRecord } from "../resources.ts";
import type { RouteGroup } from "../route-group.ts";
import { AUDIT } from "../schemas.ts";

const QUERY = z.strictObject({
  last: z.coerce.number().int().min(1).max(1_000).default(100).describe("How many of the latest."),
});

/** The audit log. */
export const auditRoutes: RouteGroup = {
  name: "audit",
  operations: [
    operation({
      method: "GET",
      path: "/api/v1/audit",
      id: "listAudit",
      summary: "The latest requests that were meant to change something, the oldest first, refused ones included.",
      role: "viewer",
      query: QUERY,
      answer: AUDIT,
      run: ({ context: { audit }, query: { last } }): readonly RequestRecord[] => audit.records.slice(-last),
    }),
  ],
};
