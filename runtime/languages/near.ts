// Of the languages that something is written in, the one that is nearest to a wanted one. For what plugins bring, whose tags may be
// anything: it remembers none.

import { canonicalTag } from '../../sdk/text/language-tag.ts'

/** The same language: in the same script if there is one, so that "zh-TW" finds "zh-Hant". Undefined when there is none. */
export function nearest(wanted: string, written: readonly string[]): string | undefined {
  if (written.includes(wanted)) return wanted
  const like = localeOf(wanted)
  if (like === undefined) return undefined
  let found: string | undefined
  for (const tag of written) {
    const locale = localeOf(tag)
    if (locale === undefined || locale.language !== like.language) continue
    if (locale.script === like.script) return tag
    found ??= tag
  }
  return found
}

function localeOf(tag: string): Intl.Locale | undefined {
  const canonical = canonicalTag(tag)
  return canonical === undefined ? undefined : new Intl.Locale(canonical).maximize()
}
