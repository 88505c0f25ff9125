// The rating of what a plugin asks for, in a word and a sentence.

import { Alert } from '@mantine/core'
import type { Permissions } from '../../../../../sdk/api/permissions.ts'
import { Icon } from '../../components/icons.tsx'
import { t } from '../../languages/text.ts'
import { type Rating, ratingOf } from './rating.ts'

const WORDS: Readonly<
  Record<Rating, { readonly color: string; readonly title: string; readonly text: string }>
> = {
  harmless: {
    color: 'teal',
    title: t('Asks for nothing'),
    text: t('It answers signed-in users and shows them its pages, and that is all.'),
  },
  low: {
    color: 'teal',
    title: t('Low risk'),
    text: t('All that it asks for stays within its own data.'),
  },
  medium: {
    color: 'yellow',
    title: t('Some risk'),
    text: t('It reaches beyond its own data. Read what it asks for before you allow it.'),
  },
  high: {
    color: 'red',
    title: t('High risk'),
    text: t('With what it asks for it could do real harm. Allow it only if you trust its author.'),
  },
}

export interface RatingNoteProps {
  readonly permissions: Permissions
  readonly isPublic: boolean
}

export function RatingNote({ permissions, isPublic }: RatingNoteProps) {
  const rating = ratingOf(permissions, isPublic)
  const { color, title, text } = WORDS[rating]
  return (
    <Alert color={color} icon={<Icon name="shield" />} title={title} data-rating={rating}>
      {text}
    </Alert>
  )
}
