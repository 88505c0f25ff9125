// The messages of the plugin for a page: one catalog in its language, and those that stand in for what is missing there.

import { catalogOf } from '../messages/catalog.ts'
import { parseMessage } from '../messages/format.ts'
import { createTranslator, type Translate } from '../messages/translator.ts'

/** What the runtime answers at `.plugbay/messages`. */
export interface MessagesAnswer {
  readonly language: string
  readonly dir: 'ltr' | 'rtl'
  /** The languages of the host. */
  readonly available: readonly string[]
  /** Whether texts that stand in for missing ones are marked: in development. */
  readonly marks: boolean
  /** In the order in which a message is looked for. */
  readonly catalogs: readonly { readonly language: string; readonly messages: unknown }[]
}

export interface Messages extends Pick<MessagesAnswer, 'language' | 'dir' | 'available'> {
  /**
   * A message of `locales/<language>.json` as text: `t('entries.count', { count: 3 })`. What is missing comes from another language; without
   * one the text is the key. Never throws.
   */
  readonly t: Translate
}

export function messagesFrom({ language, dir, available, marks, catalogs }: MessagesAnswer): Messages {
  const t = createTranslator({
    language,
    catalogs: catalogs.map((each) => ({ language: each.language, messages: catalogOf(each.messages) })),
    parse: parseMessage,
    onProblem: ({ text, isMissing }) => {
      if (marks || !isMissing) console.warn(`[plugbay] ${text}`)
    },
    marks,
  })
  return { language, dir, available, t }
}
