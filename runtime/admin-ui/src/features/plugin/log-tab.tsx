// The log of one plugin, live, with a search, a level filter and a pause.

import { Alert, Button, Group, Paper, SegmentedControl, Text } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { LogLevel, LogLine } from '../../../../../sdk/api/logs.ts'
import { asErrorDocument } from '../../api/client.ts'
import { ErrorText } from '../../components/error-text.tsx'
import { Icon } from '../../components/icons.tsx'
import { SearchField } from '../../components/search-field.tsx'
import { plural, t } from '../../languages/text.ts'
import { matching } from '../log/log-lines.ts'
import { LogView } from '../log/log-view.tsx'
import { useLog } from '../log/use-log.ts'

const FILTERS: readonly { readonly value: LogLevel; readonly label: string }[] = [
  { value: 'debug', label: t('All') },
  { value: 'info', label: t('Info') },
  { value: 'warn', label: t('Warnings') },
  { value: 'error', label: t('Errors') },
]

export function LogTab({ id }: { readonly id: string }) {
  const log = useLog(id)
  const [level, setLevel] = useState<LogLevel>('debug')
  const [paused, setPaused] = useState<readonly LogLine[] | null>(null)
  const [search, setSearch] = useState('')
  const all = paused ?? log.lines
  const lines = useMemo(() => matching(all, { level, search }), [all, level, search])
  const held = paused === null ? 0 : matching(log.lines, { level, search }).length - lines.length
  return (
    <>
      <Group mb="xs" justify="space-between">
        <Group gap="xs">
          <SearchField small label={t('Search the log')} value={search} onChange={setSearch} />
          <SegmentedControl
            size="xs"
            aria-label={t('Lowest level that is shown')}
            data={[...FILTERS]}
            value={level}
            onChange={(value) => setLevel(value as LogLevel)}
          />
          <Button
            size="xs"
            variant="default"
            aria-pressed={paused !== null}
            leftSection={<Icon name={paused ? 'play' : 'pause'} size={14} />}
            onClick={() => setPaused(paused ? null : log.lines)}
          >
            {paused ? t('Go on') : t('Pause')}
          </Button>
          {log.loadOlder && !paused && (
            <Button size="xs" variant="subtle" onClick={log.loadOlder}>
              {t('Load older lines')}
            </Button>
          )}
        </Group>
        <Text size="xs" c="dimmed" role="status">
          {statusOf(paused !== null, held, log.connected)}
        </Text>
      </Group>
      {log.error && <LogError error={log.error} />}
      <Paper withBorder style={{ overflow: 'hidden' }}>
        {lines.length > 0 ? (
          <LogView lines={lines} follow={paused === null} />
        ) : (
          <Text c="dimmed" ta="center" p="xl">
            {log.lines.length > 0
              ? t('No line matches')
              : log.loading
                ? t('Loading…')
                : t('Nothing was logged yet')}
          </Text>
        )}
      </Paper>
    </>
  )
}

function statusOf(paused: boolean, held: number, connected: boolean): string {
  if (paused && held > 0)
    return plural('Paused, {count} new line', 'Paused, {count} new lines', { count: held })
  if (paused) return t('Paused')
  return connected ? t('Live') : t('Connecting…')
}

function LogError({ error }: { readonly error: Error }) {
  const document = asErrorDocument(error)
  return (
    <Alert color="red" mb="xs" title={document.title}>
      <ErrorText document={document} />
    </Alert>
  )
}
