// The tables of the plugin's database, and the rows of one. It is only read: the plugin and its migrations write.

import { Code, Select, Skeleton, Table, Text } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { rowsQuery, tablesQuery } from '../../api/storage.ts'
import { LoadError } from '../../components/load-error.tsx'
import { t } from '../../languages/text.ts'
import { StoredList } from './stored-list.tsx'

/** As SQL has it. */
const NOTHING = 'NULL'

export function TablesPanel({ id }: { readonly id: string }) {
  const tables = useQuery(tablesQuery(id))
  const [chosen, setChosen] = useState<string | null>(null)
  if (tables.isPending) return <Skeleton h={60} radius="md" />
  if (tables.data === undefined) return <LoadError error={tables.error} />
  const found = tables.data.find(({ name }) => name === chosen) ?? tables.data[0]
  if (found === undefined)
    return (
      <Text size="sm" c="dimmed">
        {t('The database has no table.')}
      </Text>
    )
  return (
    <>
      <Select
        size="xs"
        label={t('Table')}
        allowDeselect={false}
        searchable
        data={tables.data.map(({ name }) => name)}
        value={found.name}
        onChange={setChosen}
        maw={320}
      />
      <Rows key={found.name} id={id} table={found.name} />
      {found.sql !== null && (
        <details>
          <summary>
            <Text span size="sm">
              {t('How it was made')}
            </Text>
          </summary>
          <Code block dir="ltr" className="long-value">
            {found.sql}
          </Code>
        </details>
      )}
    </>
  )
}

function Rows({ id, table }: { readonly id: string; readonly table: string }) {
  const list = useInfiniteQuery(rowsQuery(id, table))
  const pages = list.data?.pages ?? []
  const rows = pages.flatMap((page) => page.rows)
  return (
    <StoredList list={list} isEmpty={rows.length === 0}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard */}
      <section className="rows" aria-label={t('Rows of "{table}"', { table })} tabIndex={0}>
        <Table verticalSpacing={4} dir="ltr" withColumnBorders>
          <Table.Thead>
            <Table.Tr>
              {pages[0]?.columns.map((column, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a view may name two columns alike
                <Table.Th key={at}>{column}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity
              <Table.Tr key={index}>
                {row.map((cell, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: cells are those of the columns
                  <Table.Td key={at}>
                    {cell === null ? (
                      <Text span size="xs" c="dimmed">
                        {NOTHING}
                      </Text>
                    ) : (
                      <Text span size="sm" dir="auto">
                        {cell}
                      </Text>
                    )}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </section>
    </StoredList>
  )
}
