// On a series: a task for each of its books.

import type { ActionHandlers } from 'plugbay/sdk'
import { objectOf, type Series } from '../storage/objects.ts'

export const countSeries: ActionHandlers = {
  ready: (_env, ctx) => objectOf<Series>(ctx).books.length > 0 || ctx.t('ready.emptySeries'),
  run: (_args, _env, ctx) => {
    // The library gives the folders of ten books at most.
    const folderOf = (id: number) => `book-${id}`
    const books = objectOf<Series>(ctx).books.filter(({ id }) => ctx.folders[folderOf(id)] !== undefined)
    return {
      message: ctx.t('said.counting', { count: books.length }),
      tasks: books.map(({ id, language }) => {
        const folder = folderOf(id)
        return { task: 'count-words', args: { folder, language }, key: folder }
      }),
    }
  },
}
