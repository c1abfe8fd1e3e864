// Makes a worker die, for tests of what happens then. Only there when the process was started with FAIRLEAD_FAULTS=1.
import { z } from "zod";
import { operation } from "../operation.ts";
import { HttpProblem } from "../problem.ts";
import type { RouteGroup } from "../route-group.ts";

const FAULT = z.union([
  z.strictObject({ worker: z.int().min(0), fault: z.enum(["throw", "hang"]) }),
  z.strictObject({ worker: z.literal("streams"), fault: z.enum(["end", "slow"]) }),
]);

/** Faults injected into workers, for tests; where they are allowed. */
export const faultRoutes: RouteGroup = {
  name: "fault",
  operations: [
    operation({
      method: "POST",
      path: "/api/v1/fault",
      id: "injectFault",
      summary: "Makes a worker die.",
      role: "admin",
      status: 202,
      isHidden: true,
      body: FAULT,
      run({ context: { backend, log }, body }) {
        const { worker, fault } = body;
        const isThere =
          worker === "streams" ? backend.streams() !== null : backend.workers().some(({ index }) => index === worker);
        if (!isThere) throw new HttpProblem(404, `no worker ${worker}`);
        log.warn({ worker, fault }, "a fault was asked for");
        if (body.worker === "streams") backend.injectStreamFault(body.fault);
        else backend.injectFault(body.worker, body.fault);
        return { worker, fault };
      },
    }),
  ],
};
