// Tables that destinations come from: how they are doing, and a look at them on command.
import { operation } from "../operation.ts";
import { HttpProblem } from "../problem.ts";
import type { RouteGroup } from "../route-group.ts";
import { SOURCES } from "../schemas.ts";
import { sourceResources } from "../views.ts";

const ALL = "/api/v1/sources";

/** Tables that destinations come from, and their being read again. */
export const sourceRoutes: RouteGroup = {
  name: "sources",
  operations: [
    operation({
      method: "GET",
      path: ALL,
      id: "listSources",
      summary: "All tables that destinations come from: when each was read, its rows, what is wrong with them.",
      role: "viewer",
      answer: SOURCES,
      run: ({ context: { backend } }) => sourceResources(backend),
    }),
    operation({
      method: "POST",
      path: `${ALL}/reload`,
      id: "reloadSources",
      summary: "Reads all tables now, and puts what has changed into force; one that cannot be read changes nothing.",
      role: "operator",
      ifMatch: "optional",
      answer: SOURCES,
      async run({ context: { backend, document, log }, access, precondition }) {
        precondition.check(document.tag);
        log.info({ by: access.name }, "an operator asked for the tables to be read");
        await backend.readSources();
        return sourceResources(backend);
      },
    }),
    operation({
      method: "POST",
      path: `${ALL}/:source/reload`,
      id: "reloadSource",
      summary: "Reads the table of one source now, and puts what has changed into force.",
      role: "operator",
      ifMatch: "optional",
      answer: SOURCES,
      async run({ context: { backend, document, log }, params: { source = "" }, access, precondition }) {
        precondition.check(document.tag);
        if (!backend.sources().some(({ name }) => name === source))
          throw new HttpProblem(404, `there is no source "${source}"`);
        log.info({ source, by: access.name }, "an operator asked for a table to be read");
        await backend.readSources(source);
        return sourceResources(backend).filter(({ name }) => name === source);
      },
    }),
  ],
};
