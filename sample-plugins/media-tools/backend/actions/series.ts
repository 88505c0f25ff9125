// On a series: a task for each of its books.

import type { ActionHandlers } from 'plugbay/sdk'
import { objectOf, type Series } from '../storage/objects.ts'

export const countSeries: ActionHandlers = {
  ready: (_env, ctx) => objectOf<Series>(ctx).books.length > 0 || ctx.t('ready.emptySeries'),
  run: (_args, _env, ctx) => {
    const { books } = objectOf<Series>(ctx)
    return {
      message: ctx.t('said.counting', { count: books.length }),
      tasks: books.map(({ id }) => {
        const folder = `book-${id}`
        return { task: 'count-words', args: { folder, language: ctx.language }, key: folder }
      }),
    }
  },
}
