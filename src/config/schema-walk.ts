// Looking into a zod schema: which keys an object knows, what lies below a path. For "did you mean" and for the pages that
// are generated from the schema.
import { z } from "zod";

type Schema = z.core.$ZodType;

/** The schema of what a user writes: without defaults, optionality and transforms. */
export function inner(schema: Schema): Schema {
  if (schema instanceof z.ZodPipe) return inner(schema.in);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return inner(schema.def.innerType);
  return schema;
}

/** Every way to write it: the options of unions, nested ones included. */
export function waysToWrite(schema: Schema): Schema[] {
  const plain = inner(schema);
  return plain instanceof z.ZodUnion ? plain.options.flatMap(waysToWrite) : [plain];
}

function below(schema: Schema, key: PropertyKey): Schema[] {
  return waysToWrite(schema).flatMap((way) => {
    if (way instanceof z.ZodObject) {
      const child = way.shape[String(key)];
      return child === undefined ? [] : [child];
    }
    if (way instanceof z.ZodArray) return [way.element];
    return way instanceof z.ZodRecord ? [way.valueType] : [];
  });
}

/** Keys that may be written at this path; empty where there is no object. */
export function knownKeys(schema: Schema, path: readonly PropertyKey[]): string[] {
  let at: Schema[] = [schema];
  for (const key of path) at = at.flatMap((one) => below(one, key));
  return at
    .flatMap((one) => waysToWrite(one))
    .flatMap((way) => (way instanceof z.ZodObject ? Object.keys(way.shape) : []));
}
