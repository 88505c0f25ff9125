// Facts and figures of one plugin.

import { Anchor, Code, DataList, Paper, Skeleton, Stack } from '@mantine/core'
import { lazy, Suspense } from 'react'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { serverUrl } from '../../api/client.ts'
import { t } from '../../languages/text.ts'
import { AccessEditor } from './access-editor.tsx'
import { Figures } from './figures.tsx'
import { UsagePanel } from './usage-panel.tsx'
import type { Sample } from './use-history.ts'

const UsageHistory = lazy(async () => ({ default: (await import('./usage-history.tsx')).UsageHistory }))

export interface OverviewTabProps {
  readonly plugin: Installation
  readonly history: readonly Sample[]
}

export function OverviewTab({ plugin, history }: OverviewTabProps) {
  return (
    <Stack>
      <Figures resources={plugin.resources} history={history} />
      <Suspense fallback={<Skeleton h={360} radius="md" />}>
        <UsageHistory id={plugin.id} />
      </Suspense>
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
      <bdi>{serverUrl(url)}</bdi>
    </Anchor>
  )
}
