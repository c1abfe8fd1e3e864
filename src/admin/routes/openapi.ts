// The description of the API, by the API.

import { operation } from "../operation.ts";
import type { RouteGroup } from "../route-group.ts";

/** What the API says of itself. */
export const openapiRoutes: RouteGroup = {
  name: "openapi",
  operations: [
    operation({
      method: "GET",
      path: "/api/v1/openapi.json",
      id: "getOpenapi",
      summary: "This document (OpenAPI 3.1).",
      role: "viewer",
      run: ({ context: { openapi } }) => openapi(),
    }),
  ],
};
