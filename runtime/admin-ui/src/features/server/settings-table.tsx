// The configuration of the server: each key with its value and what decides it. It is changed where it comes from, not here.

import { Code, Group, Stack, Switch, Table, Text } from '@mantine/core'
import { useState } from 'react'
import type { ServerSetting } from '../../../../../sdk/api/server.ts'
import { DataTable } from '../../components/data-table.tsx'
import { finder } from '../../components/found-by-words.ts'
import { SearchField } from '../../components/search-field.tsx'
import { SourceBadge } from '../../components/source-badge.tsx'
import { t } from '../../languages/text.ts'

const SOURCES: Readonly<Record<ServerSetting['source'], string>> = {
  default: t('Default'),
  file: t('File'),
  variable: t('Variable'),
  flag: t('Flag'),
  application: t('Application'),
}

export function SettingsTable({ settings }: { readonly settings: readonly ServerSetting[] }) {
  const [search, setSearch] = useState('')
  const [onlyGiven, setOnlyGiven] = useState(false)
  const isFound = finder(search)
  const shown = settings.filter(
    ({ key, meaning, source }) => (!onlyGiven || source !== 'default') && isFound(key, meaning),
  )
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t(
          'Flags win over variables, variables over the file. A change takes effect when the server is started again.',
        )}
      </Text>
      <Group>
        <SearchField
          flex="1 1 12rem"
          label={t('Search the configuration')}
          value={search}
          onChange={setSearch}
        />
        <Switch
          label={t('Only what is not the default')}
          checked={onlyGiven}
          onChange={(event) => setOnlyGiven(event.currentTarget.checked)}
        />
      </Group>
      {shown.length === 0 && <Text c="dimmed">{t('Nothing of the configuration matches.')}</Text>}
      {shown.length > 0 && (
        <DataTable minWidth={560} columns={[{ title: t('Key'), width: '45%' }, t('Value'), t('Source')]}>
          {shown.map((setting) => (
            <Row key={setting.key} setting={setting} />
          ))}
        </DataTable>
      )}
    </Stack>
  )
}

function Row({
  setting: { key, meaning, value, isSecret, source, place },
}: {
  readonly setting: ServerSetting
}) {
  return (
    <Table.Tr data-setting={key}>
      <Table.Td>
        <Text size="sm" fw={600} dir="ltr">
          {key}
        </Text>
        <Text size="xs" c="dimmed" dir="ltr">
          {meaning}
        </Text>
      </Table.Td>
      <Table.Td>
        {isSecret ? <Text size="sm">{t('given, not shown')}</Text> : <Value value={value} />}
      </Table.Td>
      <Table.Td>
        <SourceBadge label={SOURCES[source]} isDefault={source === 'default'} />
        {place !== null && (
          <Text size="xs" c="dimmed" dir="ltr" style={{ overflowWrap: 'anywhere' }}>
            {place}
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  )
}

function Value({ value }: { readonly value: unknown }) {
  const isNone = value === null || value === undefined || (Array.isArray(value) && value.length === 0)
  if (isNone) return <Text size="sm">{t('none')}</Text>
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return (
    <Code dir="ltr" style={{ overflowWrap: 'anywhere' }}>
      {text}
    </Code>
  )
}
