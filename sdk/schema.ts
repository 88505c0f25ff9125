// The one door to typebox: a schema written with it is both the TypeScript type and the JSON Schema.
// Invariant: no other file imports typebox, so the two can never be written apart.

export { type Static, type TSchema, Type } from 'typebox'

/** A type that comes from a schema, with every object and array in it readonly. */
export type DeepReadonly<T> = unknown extends T
  ? T
  : T extends readonly (infer Item)[]
    ? readonly DeepReadonly<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
      : T

/** Plain JSON of a schema: what a file or an HTTP answer holds. */
export function toPlainJson(schema: object): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(schema))
}
