// On a media folder: checks that read all of its files.

import type { ActionHandlers, Context } from 'plugbay/sdk'
import { type MediaFolder, objectOf } from '../storage/objects.ts'

const hasFiles = (ctx: Context) => objectOf<MediaFolder>(ctx).files > 0 || ctx.t('ready.emptyFolder')

export const checksums: ActionHandlers = {
  ready: (_env, ctx) => hasFiles(ctx),
  run: ({ pause }, _env, ctx) => {
    const { id: folder } = objectOf<MediaFolder>(ctx)
    return { task: 'checksums', args: { folder, pause }, key: folder }
  },
}

export const findDuplicates: ActionHandlers = {
  ready: (_env, ctx) => hasFiles(ctx),
  run: ({ other }, _env, ctx) => {
    const { id } = objectOf<MediaFolder>(ctx)
    const folders = [...new Set([id, ...(typeof other === 'string' ? [other] : [])])]
    return { task: 'find-duplicates', args: { folders }, key: folders.join(' + ') }
  },
}
