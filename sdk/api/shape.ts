// Building blocks of the admin API's shapes. A shape is a JSON Schema and a TypeScript type from one source.
// Invariant: an object has exactly the fields that its shape names, unless the shape says otherwise.

import { type DeepReadonly, type Static, type TSchema, Type } from '../schema.ts'

/** The TypeScript type of a shape. */
export type TypeOf<Shape extends TSchema> = DeepReadonly<Static<Shape>>

export const STRICT = { additionalProperties: false } as const

export const Text = Type.String()
export const Time = Type.String({ format: 'date-time' })
export const Anything = Type.Unknown()

/** For a route without input. */
export const Nothing = Type.Object({}, STRICT)

export function orNull<Shape extends TSchema>(shape: Shape) {
  return Type.Union([shape, Type.Null()])
}
