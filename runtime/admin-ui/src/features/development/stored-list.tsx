// A list of what is stored, by the begin of its names, in pages.

import { Button, Skeleton, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Icon } from '../../components/icons.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { t } from '../../languages/text.ts'

const TYPING_MS = 250

/** What is typed, and what is asked for a moment later. */
export function usePrefix(): { readonly typed: string; readonly prefix: string; type(text: string): void } {
  const [typed, type] = useState('')
  const [prefix] = useDebouncedValue(typed, TYPING_MS)
  return { typed, prefix, type }
}

export interface PrefixFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (text: string) => void
}

export function PrefixField({ label, value, onChange }: PrefixFieldProps) {
  return (
    <TextInput
      type="search"
      size="xs"
      aria-label={label}
      placeholder={label}
      leftSection={<Icon name="search" size={14} />}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}

export interface StoredListProps {
  readonly list: Pick<
    UseInfiniteQueryResult,
    'isPending' | 'error' | 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'
  >
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
      {list.hasNextPage && (
        <Button
          size="xs"
          variant="default"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
          style={{ alignSelf: 'start' }}
        >
          {t('Show more')}
        </Button>
      )}
    </Stack>
  )
}
