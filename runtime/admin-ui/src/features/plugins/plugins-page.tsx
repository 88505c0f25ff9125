// The list of installed plugins, live: found by words and state, switched one by one or several at once.

import { Button, Group, Select, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { useLive } from '../../api/live.ts'
import { pluginsQuery } from '../../api/plugins.ts'
import { useMay } from '../../app/session.ts'
import { LoadError } from '../../components/load-error.tsx'
import { SearchField } from '../../components/search-field.tsx'
import { t } from '../../languages/text.ts'
import { UploadButton } from '../install/upload-button.tsx'
import { FirstRun } from '../overview/first-run.tsx'
import { BulkBar } from './bulk-bar.tsx'
import { FILTERS, found, type PluginFilter, sorted } from './find-plugins.ts'
import { PluginList } from './plugin-list.tsx'

/** With at least this many plugins, a search field helps more than it distracts. */
const SEARCH_FROM = 6

export function PluginsPage() {
  const may = useMay()
  const plugins = useQuery(pluginsQuery(useLive()))
  if (plugins.data?.length === 0) return <FirstRun />
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h2">
          {t('Plugins')}
        </Title>
        {may('plugins.manage') && <UploadButton />}
      </Group>
      {plugins.isError && !plugins.data && (
        <LoadError error={plugins.error} retry={() => void plugins.refetch()} />
      )}
      {plugins.isPending && <Placeholders />}
      {plugins.data && <FoundPlugins plugins={plugins.data} />}
      {may('plugins.manage') && (
        <Text size="sm" c="dimmed" ta="center" visibleFrom="sm">
          {t('To install or update a plugin, drop its zip anywhere on this page.')}
        </Text>
      )}
    </Stack>
  )
}

function FoundPlugins({ plugins }: { readonly plugins: readonly Installation[] }) {
  const may = useMay()
  const [filter, setFilter] = useState<PluginFilter>({ search: '', state: 'all', order: 'name' })
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(null)
  const shown = sorted(found(plugins, filter), filter.order)
  const toggle = useCallback(
    (id: string) =>
      setChosen((now) =>
        now?.has(id) ? now.difference(new Set([id])) : (now ?? new Set()).union(new Set([id])),
      ),
    [],
  )
  return (
    <>
      <Group gap="xs">
        {plugins.length >= SEARCH_FROM && <Finder filter={filter} change={setFilter} />}
        {may('plugins.manage') && plugins.length > 1 && (
          <Button
            variant="default"
            aria-pressed={chosen !== null}
            onClick={() => setChosen(chosen === null ? new Set() : null)}
          >
            {chosen === null ? t('Choose several') : t('Choose no more')}
          </Button>
        )}
      </Group>
      {chosen !== null && <BulkBar shown={shown} chosen={chosen} choose={setChosen} />}
      <PluginList plugins={shown} chosen={chosen} toggle={toggle} />
      {shown.length === 0 && (
        <Text c="dimmed" ta="center" py="lg" role="status">
          {filter.search === ''
            ? t('No plugin is in this state.')
            : t('No plugin matches "{search}".', { search: filter.search })}
        </Text>
      )}
    </>
  )
}

interface FinderProps {
  readonly filter: PluginFilter
  readonly change: (filter: PluginFilter) => void
}

function Finder({ filter, change }: FinderProps) {
  return (
    <>
      <SearchField
        flex="1 1 14rem"
        label={t('Search plugins')}
        placeholder={t('Search by name or description')}
        value={filter.search}
        onChange={(search) => change({ ...filter, search })}
      />
      <Select
        flex="1 1 8rem"
        aria-label={t('State')}
        allowDeselect={false}
        data={FILTERS.map(({ value, label }) => ({ value, label }))}
        value={filter.state}
        onChange={(state) => change({ ...filter, state: state ?? 'all' })}
      />
      <Select
        flex="1 1 8rem"
        aria-label={t('Order')}
        allowDeselect={false}
        data={[
          { value: 'name', label: t('By name') },
          { value: 'state', label: t('Attention first') },
          { value: 'recent', label: t('Newest first') },
        ]}
        value={filter.order}
        onChange={(order) => change({ ...filter, order: order as PluginFilter['order'] })}
      />
    </>
  )
}

function Placeholders() {
  return (
    <Stack gap="xs" aria-label={t('Loading')}>
      {[1, 2, 3].map((row) => (
        <Skeleton key={row} h={76} radius="md" />
      ))}
    </Stack>
  )
}
