// A message in the middle of the page, with an action.

import { EmptyState } from '@mantine/core'
import type { ReactNode } from 'react'
import { Icon } from './icons.tsx'

export interface MessageProps {
  readonly title: string
  readonly text: string
  readonly children?: ReactNode
}

export function Message({ title, text, children }: MessageProps) {
  return (
    <EmptyState
      mt="xl"
      title={title}
      description={text}
      icon={<Icon name="info" size={28} />}
      withIndicatorBackground
    >
      {children && <EmptyState.Actions>{children}</EmptyState.Actions>}
    </EmptyState>
  )
}
