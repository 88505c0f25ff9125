// Asks for the next page of a list that comes in pages; absent where there is none.

import { Button, type ButtonProps } from '@mantine/core'
import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { t } from '../languages/text.ts'

export type PagedList = Pick<UseInfiniteQueryResult, 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'>

export interface MoreButtonProps extends Pick<ButtonProps, 'size' | 'style'> {
  readonly list: PagedList
  readonly label?: string
}

export function MoreButton({ list, label = t('Show more'), ...rest }: MoreButtonProps) {
  if (!list.hasNextPage) return null
  return (
    <Button
      variant="default"
      loading={list.isFetchingNextPage}
      onClick={() => void list.fetchNextPage()}
      {...rest}
    >
      {label}
    </Button>
  )
}
