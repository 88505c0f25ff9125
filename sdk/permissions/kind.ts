// What a kind of permission has to say about its values: their form, how they are compared, and how people read them.
// Invariant: a value that a kind does not recognise covers nothing, and nothing covers it. It may come from a disk or a wall.

import type { PermissionWords } from './row.ts'

/**
 * Everything else about permissions is derived from these few functions. A value is a set of pieces: a piece is the
 * smallest value that can be asked, granted or refused by itself, such as one origin of a list.
 */
export interface Kind<Value> {
  /** Plain JSON Schema of a value. A manifest asks for something; a grant may hold an empty list. */
  schema(use: 'asked' | 'granted'): JsonSchema
  /** What is wrong with a value that fits the schema. */
  mistakes?(value: Value): readonly Mistake[]
  /** All pieces of a value; none of an empty list. */
  pieces(value: Value): readonly Value[]
  /** The value that consists of these pieces of one value: at least one. */
  join(pieces: readonly [Value, ...Value[]]): Value
  /** Whether who holds `held` holds the piece. */
  covers(held: Value, piece: Value): boolean
  /** A piece in words that complete the permission's title; '' where the title says it all. */
  label(piece: Value): string
  /** Words that differ from the permission's where this value is asked. */
  words?(value: Value): Partial<PermissionWords>
}

export interface Mistake {
  /** The entry of a list. */
  readonly index: number
  readonly entry: string
  /** Completes "… is". */
  readonly is: string
  readonly hint: string
}

export type JsonSchema = Readonly<Record<string, unknown>>
