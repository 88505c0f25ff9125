// A table with titles of its columns; it scrolls by itself where the page is narrower.

import { Table } from '@mantine/core'
import type { ReactNode } from 'react'
import { t } from '../languages/text.ts'

export interface Column {
  readonly title: string
  /** Numbers. */
  readonly end?: true
  readonly width?: string
}

/** The column of buttons: its title is for screen readers only. */
export const ACTIONS = Symbol('actions')

export interface DataTableProps {
  readonly minWidth: number
  readonly columns: readonly (string | Column | typeof ACTIONS)[]
  readonly striped?: boolean
  /** `Table.Tr` each. */
  readonly children: ReactNode
}

export function DataTable({ minWidth, columns, striped = false, children }: DataTableProps) {
  return (
    <Table.ScrollContainer minWidth={minWidth}>
      <Table verticalSpacing={6} striped={striped}>
        <Table.Thead>
          <Table.Tr>{columns.map(head)}</Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function head(column: DataTableProps['columns'][number]): ReactNode {
  if (typeof column === 'symbol') return <Table.Th key="actions" aria-label={t('Actions')} />
  const { title, end, width }: Column = typeof column === 'string' ? { title: column } : column
  return (
    <Table.Th key={title} {...(end && { ta: 'end' })} {...(width !== undefined && { w: width })}>
      {title}
    </Table.Th>
  )
}
