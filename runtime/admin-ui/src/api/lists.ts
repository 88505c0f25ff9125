// Lists of the API that are short enough to be shown whole.

import type { Page } from '../../../../sdk/api/lists.ts'
import { send } from './client.ts'

/** Every item, page after page. */
export async function everyItem<Item>(path: string, signal: AbortSignal): Promise<readonly Item[]> {
  const all: Item[] = []
  let cursor: string | null = null
  do {
    const query: string = new URLSearchParams({
      limit: '200',
      ...(cursor !== null && { cursor }),
    }).toString()
    const page: Page<Item> = await send(`${path}?${query}`, { signal })
    all.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return all
}
