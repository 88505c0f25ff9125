// On a book: a task that counts its words, and a cover text, which is written at once.

import type { ActionArguments, ActionHandlers, Context } from 'plugbay/sdk'
import { coverOf, longestWord } from '../storage/cover.ts'
import { type Book, objectOf } from '../storage/objects.ts'

const noText = (ctx: Context) => objectOf<Book>(ctx).texts > 0 || ctx.t('ready.noText')

export const countWords: ActionHandlers = {
  ready: (_env, ctx) => noText(ctx),
  run: (_args, _env, ctx) => {
    const { id, language } = objectOf<Book>(ctx)
    return { task: 'count-words', args: { folder: 'storage', language }, key: `book-${id}` }
  },
}

interface CoverArguments {
  readonly layout: 'plain' | 'framed' | 'centred'
  readonly subtitle: string
  readonly blurb: string
  readonly width: number
}

export const coverText: ActionHandlers = {
  check: (args, _env, ctx) => {
    const { title } = objectOf<Book>(ctx)
    const { subtitle, blurb, width } = coverArguments(args)
    const word = longestWord(`${title} ${subtitle}`)
    // A frame and its margin take four characters.
    if ([...word].length > width - 4)
      return { problems: [{ field: 'width', message: ctx.t('problem.tooNarrow', { word }) }] }
    return { args: { ...args, subtitle: subtitle.trim(), blurb: blurb.trim() } }
  },
  run: async (args, _env, ctx) => {
    const { folders } = ctx
    const file = await folders.storage?.getFileHandle('cover.txt', { create: true })
    const writable = await file?.createWritable()
    await writable?.write(coverOf(objectOf<Book>(ctx), coverArguments(args)))
    await writable?.close()
    return ctx.t('said.cover')
  },
}

/** The manifest says which there are, and has checked their types. */
function coverArguments({ subtitle = '', blurb = '', ...args }: ActionArguments): CoverArguments {
  return { subtitle, blurb, ...args } as CoverArguments
}
