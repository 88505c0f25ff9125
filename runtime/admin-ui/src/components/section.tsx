// A titled part of a page.

import { Paper, Stack, Title } from '@mantine/core'
import type { ReactNode } from 'react'

export interface SectionProps {
  /** Of the title, distinct on the page. */
  readonly id: string
  readonly title: string
  readonly children: ReactNode
}

export function Section({ id, title, children }: SectionProps) {
  return (
    <Paper withBorder p="md" component="section" aria-labelledby={id}>
      <Stack gap="sm">
        <Title order={2} size="h5" id={id}>
          {title}
        </Title>
        {children}
      </Stack>
    </Paper>
  )
}
