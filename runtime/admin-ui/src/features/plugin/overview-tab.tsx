// Facts and figures of one plugin.

import { Anchor, Code, DataList, Paper, SimpleGrid, Stack, Text } from '@mantine/core'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { serverUrl } from '../../api/client.ts'
import { number, t } from '../../languages/text.ts'
import { AccessEditor } from './access-editor.tsx'
import { UsagePanel } from './usage-panel.tsx'

export function OverviewTab({ plugin }: { readonly plugin: Installation }) {
  return (
    <Stack>
      <Figures plugin={plugin} />
      <Paper withBorder p="md">
        <DataList labelWidth="5rem">
          <Fact label={t('Page')} value={<Address url={plugin.urls.page} />} />
          <Fact label={t('API')} value={<Address url={plugin.urls.api} />} />
          <Fact
            label={t('Content')}
            value={<Code style={{ overflowWrap: 'anywhere' }}>{plugin.sha256 ?? t('none')}</Code>}
          />
        </DataList>
      </Paper>
      <UsagePanel resources={plugin.resources} />
      <AccessEditor plugin={plugin} />
    </Stack>
  )
}

function Figures({ plugin }: { readonly plugin: Installation }) {
  const { memoryMb, cpuMs, requests, errors, restarts } = plugin.resources
  return (
    <SimpleGrid cols={{ base: 3, sm: 5 }} spacing={{ base: 'xs', sm: 'md' }} component="dl" m={0}>
      <Figure label={t('Memory')} value={t('{value} MB', { value: number(memoryMb) })} />
      <Figure
        label={t('CPU time')}
        value={
          cpuMs < 10_000
            ? t('{value} ms', { value: number(cpuMs) })
            : t('{value} s', { value: number(cpuMs / 1000) })
        }
      />
      <Figure label={t('Requests')} value={number(requests)} />
      <Figure label={t('Errors')} value={number(errors)} bad={errors > 0} />
      <Figure label={t('Restarts')} value={number(restarts)} bad={restarts > 0} />
    </SimpleGrid>
  )
}

interface FigureProps {
  readonly label: string
  readonly value: string
  readonly bad?: boolean
}

function Figure({ label, value, bad = false }: FigureProps) {
  return (
    <Paper withBorder p="sm">
      <Text size="xs" c="dimmed" component="dt">
        {label}
      </Text>
      <Text fw={600} size="lg" component="dd" m={0} {...(bad ? { c: 'red' } : {})}>
        {value}
      </Text>
    </Paper>
  )
}

function Fact({ label, value }: { readonly label: string; readonly value: React.ReactNode }) {
  return (
    <DataList.Item>
      <DataList.ItemLabel>{label}</DataList.ItemLabel>
      <DataList.ItemValue style={{ minWidth: 0, overflowWrap: 'anywhere' }}>{value}</DataList.ItemValue>
    </DataList.Item>
  )
}

function Address({ url }: { readonly url: string | null }) {
  if (url === null) return <>{t('none')}</>
  return (
    <Anchor href={serverUrl(url)} target="_blank" rel="noopener noreferrer" size="sm">
      {serverUrl(url)}
    </Anchor>
  )
}
