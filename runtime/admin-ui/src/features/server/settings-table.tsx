// The configuration of the server: each key with its value and what decides it. It is changed where it comes from, not here.

import { Badge, Code, Group, Stack, Switch, Table, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ServerSetting } from '../../../../../sdk/api/server.ts'
import { Icon } from '../../components/icons.tsx'
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
  const words = search.toLocaleLowerCase().split(/\s+/)
  const shown = settings.filter(
    ({ key, meaning, source }) =>
      (!onlyGiven || source !== 'default') &&
      words.every((word) => `${key} ${meaning}`.toLocaleLowerCase().includes(word)),
  )
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t(
          'Flags win over variables, variables over the file. A change takes effect when the server is started again.',
        )}
      </Text>
      <Group>
        <TextInput
          type="search"
          flex="1 1 12rem"
          aria-label={t('Search the configuration')}
          placeholder={t('Search the configuration')}
          leftSection={<Icon name="search" size={16} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <Switch
          label={t('Only what is not the default')}
          checked={onlyGiven}
          onChange={(event) => setOnlyGiven(event.currentTarget.checked)}
        />
      </Group>
      {shown.length === 0 && <Text c="dimmed">{t('Nothing of the configuration matches.')}</Text>}
      {shown.length > 0 && (
        <Table.ScrollContainer minWidth={560}>
          <Table verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th w="45%">{t('Key')}</Table.Th>
                <Table.Th>{t('Value')}</Table.Th>
                <Table.Th>{t('Source')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((setting) => (
                <Row key={setting.key} setting={setting} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
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
        <Badge variant="light" color={source === 'default' ? 'gray' : 'cyan'} tt="none">
          {SOURCES[source]}
        </Badge>
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
