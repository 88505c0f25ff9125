// The only import of typebox: a schema written with it is both the TypeScript type and the JSON Schema.
// Invariant: no other file imports typebox, so type and schema cannot be written separately.

export { type Static, type TSchema, Type } from 'typebox'
export type { XStatic } from 'typebox/schema'

/** The type of a schema, with every object and array in it readonly. */
export type DeepReadonly<T> = unknown extends T
  ? T
  : T extends readonly (infer Item)[]
    ? readonly DeepReadonly<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
      : T

/** A schema as plain JSON: for a file or an HTTP response. */
export function toPlainJson(schema: object): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(schema))
}
