// Who changed what, newest first: filtered by subject on the server, by words here, and saved as a file.

import { Button, Code, Group, Skeleton, Stack, Table, Text, TextInput, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { AuditEntry } from '../../../../../sdk/api/audit.ts'
import { auditQuery } from '../../api/audit.ts'
import { DataTable } from '../../components/data-table.tsx'
import { type Finder, finder } from '../../components/found-by-words.ts'
import { Icon } from '../../components/icons.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { MoreButton } from '../../components/more-button.tsx'
import { showError } from '../../components/notify.ts'
import { SearchField } from '../../components/search-field.tsx'
import { t, timeText } from '../../languages/text.ts'
import { type ExportFormat, exportAudit } from './export-audit.ts'
import { useNames } from './use-names.ts'

const TYPING_MS = 300

export function AuditPage() {
  const [subject, setSubject] = useState('')
  const [words, setWords] = useState('')
  const [asked] = useDebouncedValue(subject.trim(), TYPING_MS)
  const audit = useInfiniteQuery(auditQuery(asked))
  const nameOf = useNames()
  const isFound = finder(words)
  const entries = audit.data?.pages
    .flatMap((page) => page.items)
    .map((entry) => ({ ...entry, name: nameOf(entry.subject) }))
    .filter((entry) => matches(entry, isFound))
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h2">
          {t('Audit')}
        </Title>
        <ExportButtons subject={asked} />
      </Group>
      <Group gap="xs">
        <TextInput
          flex="1 1 12rem"
          aria-label={t('Plugin, user or token')}
          placeholder={t('Plugin, user or token, in full')}
          value={subject}
          onChange={(event) => setSubject(event.currentTarget.value)}
        />
        <SearchField flex="1 1 12rem" label={t('Search these entries')} value={words} onChange={setWords} />
      </Group>
      {audit.isPending && <Skeleton h={160} radius="md" />}
      {audit.isError && entries === undefined && <LoadError error={audit.error} />}
      {entries?.length === 0 && <Text c="dimmed">{t('There are no such entries.')}</Text>}
      {entries !== undefined && entries.length > 0 && <Entries entries={entries} />}
      <MoreButton list={audit} label={t('Show older entries')} />
    </Stack>
  )
}

/** With the name of its subject. */
interface NamedEntry extends AuditEntry {
  readonly name: string
}

function matches({ actor, action, subject, name, detail }: NamedEntry, isFound: Finder): boolean {
  return isFound(actor, action, subject, name, JSON.stringify(detail))
}

function Entries({ entries }: { readonly entries: readonly NamedEntry[] }) {
  return (
    <DataTable minWidth={760} striped columns={[t('Time'), t('Who'), t('What'), t('Of'), t('Detail')]}>
      {entries.map((entry) => (
        <Table.Tr key={entry.seq}>
          <Table.Td style={{ whiteSpace: 'nowrap' }}>
            <time dateTime={entry.time}>{timeText(entry.time)}</time>
          </Table.Td>
          <Table.Td>
            <bdi>{entry.actor}</bdi>
          </Table.Td>
          <Table.Td>
            <Code>{entry.action}</Code>
          </Table.Td>
          <Table.Td>
            <bdi title={entry.subject}>{entry.name}</bdi>
          </Table.Td>
          <Table.Td>
            <Detail detail={entry.detail} />
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  )
}

function Detail({ detail }: { readonly detail: AuditEntry['detail'] }) {
  if (Object.keys(detail).length === 0) return null
  return (
    <details>
      <summary>{Object.keys(detail).join(', ')}</summary>
      <Code block>{JSON.stringify(detail, undefined, 2)}</Code>
    </details>
  )
}

const FORMATS: readonly ExportFormat[] = ['csv', 'json']

function ExportButtons({ subject }: { readonly subject: string }) {
  const save = useMutation({
    mutationFn: (format: ExportFormat) => exportAudit(subject, format),
    onError: showError,
  })
  return (
    <Group gap="xs">
      {FORMATS.map((format) => (
        <Button
          key={format}
          size="xs"
          variant="default"
          leftSection={<Icon name="down" size={14} />}
          loading={save.isPending && save.variables === format}
          onClick={() => save.mutate(format)}
        >
          {format === 'csv' ? t('Save as CSV') : t('Save as JSON')}
        </Button>
      ))}
    </Group>
  )
}
