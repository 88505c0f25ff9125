// The last calls to the plugin, live: each opens to its host calls, its lines in the log and its headers.

import { Button, Checkbox, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { LogLine } from '../../../../../sdk/api/logs.ts'
import type { RecordedCall } from '../../../../../sdk/api/recordings.ts'
import { type Finder, finder } from '../../components/found-by-words.ts'
import { LoadError } from '../../components/load-error.tsx'
import { SearchField } from '../../components/search-field.tsx'
import { t } from '../../languages/text.ts'
import { useLog } from '../log/use-log.ts'
import { CallRow } from './call-row.tsx'
import { isFailed } from './outcome-badge.tsx'
import { useRecording } from './use-recording.ts'

const NO_LINES: readonly LogLine[] = []

export function CallsView({ id }: { readonly id: string }) {
  const recording = useRecording(id)
  const log = useLog(id)
  const [search, setSearch] = useState('')
  const [onlyFailed, setOnlyFailed] = useState(false)
  const [clearedAt, setClearedAt] = useState(0)
  const lines = useMemo(() => Map.groupBy(log.lines, ({ requestId }) => requestId), [log.lines])
  const recent = recording.calls.filter(({ seq }) => seq > clearedAt)
  const isFound = finder(search)
  const calls = recent.filter((call) => (!onlyFailed || isFailed(call)) && matches(call, isFound))
  if (recording.error) return <LoadError error={recording.error} />
  if (recording.loading) return <Skeleton h={160} radius="md" />
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Group gap="sm">
          <SearchField small label={t('Search the calls')} value={search} onChange={setSearch} />
          <Checkbox
            size="xs"
            label={t('Only what failed')}
            checked={onlyFailed}
            onChange={(event) => setOnlyFailed(event.currentTarget.checked)}
          />
          <Button
            size="xs"
            variant="default"
            disabled={recent.length === 0}
            onClick={() => setClearedAt(recording.calls[0]?.seq ?? 0)}
          >
            {t('Clear')}
          </Button>
        </Group>
        <Text size="xs" c="dimmed" role="status">
          {recording.connected ? t('Live') : t('Connecting…')}
        </Text>
      </Group>
      {calls.length === 0 ? (
        <Text c="dimmed" ta="center" p="xl">
          {recent.length > 0
            ? t('No call matches')
            : t('Open a page of the plugin: what it asks for appears here.')}
        </Text>
      ) : (
        <div className="calls">
          {calls.map((call) => (
            <CallRow key={call.seq} call={call} lines={lines.get(call.requestId ?? undefined) ?? NO_LINES} />
          ))}
        </div>
      )}
    </Stack>
  )
}

function matches(
  { title, requestId, outcome, status, message, hostCalls }: RecordedCall,
  isFound: Finder,
): boolean {
  const calls = hostCalls.map(({ name, detail }) => `${name} ${detail}`)
  return isFound(title, requestId, outcome, status, message, ...calls)
}
