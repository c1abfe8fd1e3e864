// The reference page of the admin API, from its operations.
import type { Operation } from "../src/admin/operation.ts";
import { OPERATIONS } from "../src/admin/routes/index.ts";

/** The page. */
export function adminApiPage(): string {
  const rows = OPERATIONS.filter(({ isHidden }) => isHidden !== true).map(rowOf);
  return [
    "# Admin API",
    "",
    "<!-- Written by `npm run docs` from src/admin/routes. Do not edit. -->",
    "",
    "How to use it: [guide](../guide/admin-api.md). With all shapes: [openapi.json](openapi.json), which a running instance serves at",
    "`/api/v1/openapi.json`.",
    "",
    "| request | role | `If-Match` | does |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function rowOf({ method, path, role, ifMatch, summary }: Operation): string {
  const place = path.replaceAll(/:(\w+)/g, "{$1}");
  return `| \`${method} ${place}\` | ${role ?? "everybody"} | ${ifMatch ?? ""} | ${summary} |`;
}
