// One message: ICU MessageFormat to text. The only file that uses its library, in the package process, in guests and in pages.

import { IntlMessageFormat } from 'intl-messageformat'
import type { MessageValues } from './catalog.ts'

export type FormatMessage = (values: MessageValues | undefined) => string

/** Tags are text: a message becomes a string, never HTML. */
const OPTIONS = { ignoreTag: true } as const
/** Only these have a meaning in a message. */
const SYNTAX = /[{}']/

/**
 * Parses a message.
 * @throws SyntaxError for a message that is not in ICU MessageFormat, RangeError for one that is nested too deeply
 */
export function parseMessage(message: string, language: string): FormatMessage {
  if (!SYNTAX.test(message)) return () => message
  const parsed = new IntlMessageFormat(message, language, undefined, OPTIONS)
  // Without a prototype: "{constructor}" is a missing value like any other.
  return (values) => String(parsed.format(Object.assign(Object.create(null), values)))
}
