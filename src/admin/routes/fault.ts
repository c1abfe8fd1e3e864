// Makes a worker die, for tests of what happens then. Only there when the process was started with FAIRLEAD_FAULTS=1.
import { z } from "zod";
import type { RouteGroup } from "../context.ts";
import { HttpProblem } from "../problem.ts";

const FAULT = z.union([
  z.strictObject({ worker: z.int().min(0), fault: z.enum(["throw", "hang"]) }),
  z.strictObject({ worker: z.literal("streams"), fault: z.enum(["end", "slow"]) }),
]);

export const faultRoutes: RouteGroup = {
  name: "fault",
  register(app, { backend, faults, log }) {
    if (!faults) return;
    app.post("/api/v1/fault", (request, reply) => {
      const result = FAULT.safeParse(request.body);
      if (!result.success)
        throw new HttpProblem(400, "expected {worker: N, fault: throw | hang} or {worker: streams, fault: end | slow}");
      const { data } = result;
      const { worker, fault } = data;
      const isThere =
        worker === "streams" ? backend.streams() !== null : backend.workers().some(({ index }) => index === worker);
      if (!isThere) throw new HttpProblem(404, `no worker ${worker}`);
      log.warn({ worker, fault }, "a fault was asked for");
      if (data.worker === "streams") backend.injectStreamFault(data.fault);
      else backend.injectFault(data.worker, data.fault);
      return reply.code(202).send({ worker, fault });
    });
  },
};
