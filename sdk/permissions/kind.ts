// The kind of a permission defines its values: their form, how they are compared, and how they are worded.
// Invariant: a value that a kind does not recognise covers nothing and is covered by nothing. It may come from disk or a guest.

import type { PermissionWords } from './row.ts'

/**
 * Everything else about permissions is derived from these functions. A value is a set of pieces: a piece is the smallest value
 * that can be requested, granted or refused by itself, such as one origin of a list.
 */
export interface Kind<Value> {
  /** Plain JSON Schema of a value. A manifest must ask for something; a grant may hold an empty list. */
  schema(use: 'asked' | 'granted'): JsonSchema
  /** Mistakes in a value that matches the schema. */
  mistakes?(value: Value): readonly Mistake[]
  /** All pieces of a value; none of an empty list. */
  pieces(value: Value): readonly Value[]
  /** The value that consists of these pieces of one value: at least one. */
  join(pieces: readonly [Value, ...Value[]]): Value
  /** Whether a holder of `held` also holds the piece. */
  covers(held: Value, piece: Value): boolean
  /** A piece in words that complete the permission's title; '' when the title says it all. */
  label(piece: Value): string
  /** Words that replace the permission's own for this value. */
  words?(value: Value): Partial<PermissionWords>
  /** All that `words` returns, for translators. */
  readonly wordings?: readonly Partial<PermissionWords>[]
  /** All that `label` returns, where it is not a name from the manifest; for translators. */
  readonly labels?: readonly string[]
}

export interface Mistake {
  /** Keys and indexes that lead to the wrong entry of the value. */
  readonly place: readonly (string | number)[]
  readonly entry: string
  /** Completes "… is". */
  readonly is: string
  readonly hint: string
}

export type JsonSchema = Readonly<Record<string, unknown>>
