import assert from "node:assert/strict";
import { test } from "node:test";
import { orderDestinations, orderDestinationsAsKamailio } from "./order.ts";

const loaded = [
  { port: 7070, priority: 0 },
  { port: 7072, priority: 5 },
  { port: 7074, priority: 0 },
];

test("ours: priority descending, equals in file order", () => {
  assert.deepEqual(
    orderDestinations(loaded).map((d) => d.port),
    [7072, 7070, 7074],
  );
});

test("Kamailio's: priority descending, equals in reverse", () => {
  assert.deepEqual(
    orderDestinationsAsKamailio(loaded).map((d) => d.port),
    [7072, 7074, 7070],
  );
});

test("the given array stays as it was", () => {
  orderDestinationsAsKamailio(loaded);
  assert.equal(loaded[0]?.port, 7070);
});
