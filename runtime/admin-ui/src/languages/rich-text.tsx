// A text with elements in it: `{name}` in the text is replaced by the element of that name.

import { Fragment, type ReactNode } from 'react'
import { t } from './text.ts'
import { piecesOf } from './translate.ts'

export interface RichTextProps {
  /** In English. */
  readonly text: string
  readonly parts: Readonly<Record<string, ReactNode>>
}

export function RichText({ text, parts }: RichTextProps) {
  return piecesOf(t(text)).map(({ text: plain, name }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no identity and never change in place
    <Fragment key={index}>{name === undefined ? plain : parts[name]}</Fragment>
  ))
}
