// Counts the words in the texts of a book, by the rules of its language.

import type { Context, Env, Task } from 'plugbay/sdk'
import { filesIn } from '../storage/media.ts'

interface Arguments {
  /** The name of the folder among those of the action. */
  readonly folder: string
  readonly language: string
}

export async function countWordsTask(task: Task<Arguments>, _env: Env, { folders }: Context) {
  const { folder: name, language } = task.args
  const folder = folders[name]
  const texts =
    folder === undefined ? [] : (await filesIn(folder)).filter((file) => file.name.endsWith('.txt'))
  if (texts.length === 0) task.warning('There is no text to count')
  const segmenter = new Intl.Segmenter(language, { granularity: 'word' })
  let words = 0
  for (const [index, text] of texts.entries()) {
    if (task.signal.aborted) return { words, complete: false }
    task.progress(index / texts.length, text.name)
    const content = await (await text.getFile()).text()
    const found = [...segmenter.segment(content)].filter(({ isWordLike }) => isWordLike).length
    task.log.debug(`${text.name}: ${found}`)
    words += found
    task.worked()
  }
  task.progress(1)
  task.log.info(`${words} words`)
  return { words, complete: true }
}
