// Pages of in-memory lists, sorted by id.
// Invariant: a page continues after an id, so that concurrent changes neither repeat nor hide other items.

import type { Page, PageQuery } from '../../../sdk/api/lists.ts'
import { PlugbayError } from '../../errors.ts'

const DEFAULT_LIMIT = 50

/** @throws PlugbayError BAD_REQUEST for a cursor that is not one */
export function pageOf<T extends { readonly id: string }>(items: readonly T[], query: PageQuery): Page<T> {
  const after = query.cursor === undefined ? '' : decode(query.cursor)
  const rest = items.filter((item) => item.id > after).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const page = rest.slice(0, query.limit ?? DEFAULT_LIMIT)
  const last = page.at(-1)
  return { items: page, nextCursor: last !== undefined && rest.length > page.length ? encode(last.id) : null }
}

/** All items of a paginated list. For lists that people maintain by hand, such as tokens. */
export async function* everyItem<T>(list: (query: PageQuery) => Promise<Page<T>>): AsyncGenerator<T> {
  let cursor: string | undefined
  do {
    const page = await list({ limit: 200, ...(cursor === undefined ? {} : { cursor }) })
    yield* page.items
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
}

function encode(id: string): string {
  return Buffer.from(`id:${id}`).toString('base64url')
}

function decode(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  const id = text.slice('id:'.length)
  if (!text.startsWith('id:') || encode(id) !== cursor) {
    throw new PlugbayError('BAD_REQUEST', 'The cursor is not one of this list')
  }
  return id
}
