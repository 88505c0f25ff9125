// Messages in the language of a reader: ctx.t, env.t.

export type { MessageValues } from '../messages/catalog.ts'
export type { Translate } from '../messages/translator.ts'

export interface TranslateOptions {
  /** A language of the host, such as `ctx.language`; without it that of the request which the code works for. */
  readonly language?: string
}
