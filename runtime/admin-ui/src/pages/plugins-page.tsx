// The list of installed plugins, live.

import { Alert, Button, Group, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Installation } from '../../../../sdk/api/plugins.ts'
import { asErrorDocument } from '../api/client.ts'
import { useLive } from '../api/live.ts'
import { pluginsQuery, settingsProblemsQuery } from '../api/plugins.ts'
import { ErrorText } from '../components/error-text.tsx'
import { Icon } from '../components/icons.tsx'
import { ProblemList } from '../components/problem-list.tsx'
import { OverviewParts } from '../overview/overview-parts.tsx'
import { PluginRow } from '../plugin/plugin-row.tsx'
import { UploadButton } from '../upload/upload-button.tsx'
import { NoPlugins } from './no-plugins.tsx'

/** With at least this many plugins, a search field helps more than it distracts. */
const SEARCH_FROM = 6

export function PluginsPage() {
  useDocumentTitle('Plugins · Plugbay')
  const plugins = useQuery(pluginsQuery(useLive()))
  const problems = useQuery(settingsProblemsQuery())
  if (plugins.data?.length === 0) return <NoPlugins />
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h2">
          Plugins
        </Title>
        <UploadButton />
      </Group>
      {plugins.isError && !plugins.data && (
        <LoadError error={plugins.error} retry={() => void plugins.refetch()} />
      )}
      {problems.data && problems.data.problems.length > 0 && (
        <ProblemList problems={problems.data.problems} kind="warning" />
      )}
      {plugins.isPending && <Placeholders />}
      {plugins.data && <PluginList plugins={plugins.data} />}
      {plugins.data && <OverviewParts plugins={plugins.data} />}
      <Text size="sm" c="dimmed" ta="center" visibleFrom="sm">
        To install or update a plugin, drop its zip anywhere on this page.
      </Text>
    </Stack>
  )
}

function PluginList({ plugins }: { readonly plugins: readonly Installation[] }) {
  const [search, setSearch] = useState('')
  const found = plugins.filter((plugin) => matches(plugin, search))
  return (
    <>
      {plugins.length >= SEARCH_FROM && (
        <TextInput
          type="search"
          aria-label="Search plugins"
          placeholder="Search by name or description"
          leftSection={<Icon name="search" size={16} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      <Stack component="ul" gap="xs" m={0} p={0} aria-label="Installed plugins" style={{ listStyle: 'none' }}>
        {found.map((plugin) => (
          <li key={plugin.id}>
            <PluginRow plugin={plugin} />
          </li>
        ))}
      </Stack>
      {found.length === 0 && (
        <Text c="dimmed" ta="center" py="lg" role="status">
          No plugin matches "{search}".
        </Text>
      )}
    </>
  )
}

function matches(plugin: Installation, search: string): boolean {
  const text = `${plugin.name} ${plugin.id} ${plugin.description ?? ''}`.toLocaleLowerCase()
  return search
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

function Placeholders() {
  return (
    <Stack gap="xs" aria-label="Loading">
      {[1, 2, 3].map((row) => (
        <Skeleton key={row} h={76} radius="md" />
      ))}
    </Stack>
  )
}

function LoadError({ error, retry }: { readonly error: unknown; readonly retry: () => void }) {
  const document = asErrorDocument(error)
  return (
    <Alert color="red" title={document.title} icon={<Icon name="error" />}>
      <ErrorText document={document} />
      <Button mt="sm" size="xs" variant="light" color="red" onClick={retry}>
        Try again
      </Button>
    </Alert>
  )
}
