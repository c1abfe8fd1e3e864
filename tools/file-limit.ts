// Loaded into each test file's process by tools/test.ts. A file whose tests are over and which something still keeps alive (calls that go
// on because their test has failed) is not ended by the test runner's own limit: it ends itself here, as failed.
import { isMainThread } from "node:worker_threads";

const seconds = Number(process.env.FAIRLEAD_FILE_LIMIT);
if (isMainThread && seconds > 0) {
  setTimeout(() => {
    console.error(`the file did not end within ${seconds} s: something is still alive that no test waits for`);
    process.exit(1);
  }, seconds * 1000).unref();
}
