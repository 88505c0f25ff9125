// Paginated lists: each page holds the cursor of the next one.

import { type TSchema, Type } from '../schema.ts'
import { orNull, STRICT, type TypeOf } from './shape.ts'

/** The query parameters of every list, to be spread into its query. */
export const PAGE = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 200, description: '"nextCursor" of the page before' })),
}

export const PageQuery = Type.Object(PAGE, STRICT)
export type PageQuery = TypeOf<typeof PageQuery>

/** A page of a list. */
export function listOf<Item extends TSchema>(item: Item) {
  return Type.Object({ items: Type.Array(item), nextCursor: orNull(Type.String()) }, STRICT)
}

/** The type of `listOf` for any item. A route that returns a page compiles only while the two agree. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextCursor: string | null
}
