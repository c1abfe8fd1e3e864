// Preloaded by bin/fairlead, and so by the threads that it starts: our own modules lie where their importers say, so nothing has to be
// searched for. Node looks for each of them on the disk, for links on the way to it, and for the package.json that tells its kind.
// Without that a thread loads its modules in three fifths of the time (decision 0051). What only we write can be wrong only by us: a
// module that is not there is told by its own name alone.
import { registerHooks } from "node:module";

const OURS = new URL(".", import.meta.url).href;

registerHooks({
  resolve(specifier, context, nextResolve) {
    const { parentURL } = context;
    if (parentURL?.startsWith(OURS) !== true || !specifier.startsWith(".") || !specifier.endsWith(".ts")) {
      return nextResolve(specifier, context);
    }
    return { url: new URL(specifier, parentURL).href, format: "module-typescript", shortCircuit: true };
  },
});
