// Reads the header Accept-Language (RFC 9110, 12.5.4) into tags that the matcher takes.
// Invariant: it never throws, and a header of any length costs little: what clients send is not trusted.

import { canonicalTag } from '../../sdk/text/language-tag.ts'

/** Browsers send up to some twenty. */
const MAX_TAGS = 50
const MAX_LENGTH = 2000
const ITEM = /^([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8})(?:\s*;\s*q=([01](?:\.\d{0,3})?))?$/

/** Canonical tags, the most wanted first; without "*" and everything else that is not a tag. */
export function acceptedLanguages(header: string): readonly string[] {
  return header
    .slice(0, MAX_LENGTH)
    .split(',', MAX_TAGS)
    .flatMap((item) => {
      const [, name, quality = '1'] = ITEM.exec(item.trim()) ?? []
      const tag = name === undefined ? undefined : canonicalTag(name)
      return tag === undefined || Number(quality) === 0 ? [] : [{ tag, quality: Number(quality) }]
    })
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag)
}
