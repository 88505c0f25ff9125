// A list of what is stored, by the begin of its names, in pages.

import { Skeleton, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { LoadError } from '../../components/load-error.tsx'
import { MoreButton, type PagedList } from '../../components/more-button.tsx'
import { t } from '../../languages/text.ts'

const TYPING_MS = 250

/** What is typed, and what is asked for a moment later. */
export function usePrefix(): { readonly typed: string; readonly prefix: string; type(text: string): void } {
  const [typed, type] = useState('')
  const [prefix] = useDebouncedValue(typed, TYPING_MS)
  return { typed, prefix, type }
}

export interface StoredListProps {
  readonly list: PagedList & Pick<UseInfiniteQueryResult, 'isPending' | 'error'>
  readonly isEmpty: boolean
  readonly children: ReactNode
}

export function StoredList({ list, isEmpty, children }: StoredListProps) {
  if (list.isPending) return <Skeleton h={60} radius="md" />
  if (list.error) return <LoadError error={list.error} />
  if (isEmpty)
    return (
      <Text size="sm" c="dimmed">
        {t('Nothing is stored here.')}
      </Text>
    )
  return (
    <Stack gap="xs">
      {children}
      <MoreButton list={list} size="xs" style={{ alignSelf: 'start' }} />
    </Stack>
  )
}
