// On several media files: a task for each.

import type { ActionHandlers, ActionResult, Context } from 'plugbay/sdk'
import { type MediaFile, objectOf } from '../storage/objects.ts'

interface Chosen {
  readonly files: readonly MediaFile[]
}

export const move: ActionHandlers = {
  check: ({ target }, _env, ctx) =>
    moved(ctx, String(target)).length > 0
      ? undefined
      : { problems: [{ field: 'target', message: ctx.t('problem.there') }] },
  run: ({ target }, _env, ctx) => moveTo(String(target), ctx),
}

export const setAside: ActionHandlers = {
  ready: (_env, ctx) => moved(ctx, 'temp').length > 0 || ctx.t('problem.there'),
  run: (_args, _env, ctx) => moveTo('temp', ctx),
}

function moveTo(to: string, ctx: Context): ActionResult {
  const files = moved(ctx, to)
  return {
    message: ctx.t('said.moving', { count: files.length }),
    tasks: files.map(({ name, folder: from }) => {
      return { task: 'move-file', args: { name, from, to }, key: `${from}/${name}` }
    }),
  }
}

/** Those that are somewhere else. */
function moved(ctx: Context, to: string): readonly MediaFile[] {
  return objectOf<Chosen>(ctx).files.filter(({ folder }) => folder !== to)
}
