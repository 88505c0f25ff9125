// Pages of a table ordered by `seq`: limits and opaque cursors.
// Invariant: a cursor that was not made here for the same list is refused with BAD_REQUEST, never interpreted.

import type { Page, PageQuery } from '../sdk/api/lists.ts'
import { StoreError } from './store-error.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200

export interface PageStart {
  readonly limit: number
  /** The `seq` of the previous page's last row; undefined for the first page. */
  readonly after: number | undefined
}

/** @param list the name of the list, which binds a cursor to it */
export function pageStart(list: string, query: PageQuery): PageStart {
  const limit = query.limit ?? DEFAULT_LIMIT
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new StoreError(
      'BAD_REQUEST',
      `"limit" is ${limit}: it must be a whole number from 1 to ${MAX_LIMIT}`,
    )
  }
  return { limit, after: query.cursor === undefined ? undefined : decode(list, query.cursor) }
}

/**
 * Cuts a page from the rows of a query for `limit` + 1 rows.
 * @param rows in the order of the list
 */
export function cutPage<Row extends { readonly seq: number }, T>(
  rows: readonly Row[],
  options: { readonly list: string; readonly limit: number; readonly toItem: (row: Row) => T },
): Page<T> {
  const shown = rows.slice(0, options.limit)
  const last = shown.at(-1)
  return {
    items: shown.map(options.toItem),
    nextCursor: rows.length > shown.length && last !== undefined ? encode(options.list, last.seq) : null,
  }
}

function encode(list: string, seq: number): string {
  return Buffer.from(`${list}:${seq}`).toString('base64url')
}

function decode(list: string, cursor: string): number {
  const [name, digits, ...rest] = Buffer.from(cursor, 'base64url').toString().split(':')
  const seq = Number(digits)
  // Encoding it again refuses every other spelling of the same number.
  if (name !== list || rest.length > 0 || !Number.isSafeInteger(seq) || encode(list, seq) !== cursor) {
    throw new StoreError('BAD_REQUEST', 'The cursor is not one of this list')
  }
  return seq
}
