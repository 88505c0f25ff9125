// The server: what runs, on what, with which configuration; its backup.

import { Badge, Code, DataList, Group, Paper, Progress, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Server } from '../../../../../sdk/api/server.ts'
import { serverQuery } from '../../api/server.ts'
import { Copyable } from '../../components/copyable.tsx'
import { Fact } from '../../components/fact.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { Only } from '../../components/only.tsx'
import { SafeMode } from '../../components/safe-mode.tsx'
import { Section } from '../../components/section.tsx'
import { t, timeText } from '../../languages/text.ts'
import { bytes } from '../plugin/usage-rows.ts'
import { BackupPanel } from './backup-panel.tsx'
import { ProcessTable } from './process-table.tsx'
import { SettingsTable } from './settings-table.tsx'

export function ServerPage() {
  const server = useQuery(serverQuery)
  return (
    <Stack gap="lg">
      <Title order={1} size="h2">
        {t('Server')}
      </Title>
      {server.isPending && <Skeleton h={240} radius="md" />}
      {server.isError && server.data === undefined && <LoadError error={server.error} />}
      {server.data && <Shown server={server.data} />}
    </Stack>
  )
}

function Shown({ server }: { readonly server: Server }) {
  return (
    <>
      {server.isSafe && <SafeMode />}
      <Facts server={server} />
      <Disk disk={server.disk} />
      <Section id="processes" title={t('Processes')}>
        <ProcessTable server={server} />
      </Section>
      <Only permission="*">
        <BackupPanel />
      </Only>
      <Section id="safe-mode" title={t('Safe mode')}>
        <Text size="sm">
          {t('When a plugin harms the server, start it without any. Everything can be repaired here then:')}
        </Text>
        <Copyable command="plugbay serve --safe" />
      </Section>
      <Section id="configuration" title={t('Configuration')}>
        <SettingsTable settings={server.settings} />
      </Section>
    </>
  )
}

function Facts({ server: { version, node, system, startedAt, jail } }: { readonly server: Server }) {
  return (
    <Paper withBorder p="md">
      <DataList labelWidth="8rem">
        <Fact label="Plugbay">{version}</Fact>
        <Fact label="Node">
          {node} ({system})
        </Fact>
        <Fact label={t('Running since')}>
          <time dateTime={startedAt}>{timeText(startedAt)}</time>
        </Fact>
        <Fact label={t('Jail of its children')}>
          <Jail jail={jail} />
        </Fact>
      </DataList>
    </Paper>
  )
}

function Jail({ jail: { kind, hasFilter, reason } }: Pick<Server, 'jail'>) {
  if (kind === 'none')
    return (
      <Stack gap={2} align="flex-start">
        <Badge variant="light" color="yellow" tt="none">
          {t('none')}
        </Badge>
        <Text size="sm" c="dimmed">
          {reason}
        </Text>
        <Text size="sm" c="dimmed">
          {t(
            'Plugins are confined by the isolate and by Node all the same. "plugbay doctor" says what helps.',
          )}
        </Text>
      </Stack>
    )
  return (
    <Group gap="xs">
      <Badge variant="light" color="teal" tt="none">
        {kind}
      </Badge>
      <Text size="sm" c="dimmed">
        {hasFilter ? t('with a filter of system calls') : t('without a filter of system calls')}
      </Text>
    </Group>
  )
}

function Disk({ disk: { folder, freeBytes, totalBytes, problem } }: Pick<Server, 'disk'>) {
  return (
    <Section id="disk" title={t('Disk')}>
      <Code style={{ overflowWrap: 'anywhere', alignSelf: 'start' }}>{folder}</Code>
      {freeBytes !== null && totalBytes !== null && totalBytes > 0 && (
        <>
          <Progress
            value={((totalBytes - freeBytes) / totalBytes) * 100}
            aria-label={t('How full the disk is')}
            {...(problem !== null && { color: 'red' })}
          />
          <Text size="sm">
            {t('{free} free of {total}', { free: bytes(freeBytes), total: bytes(totalBytes) })}
          </Text>
        </>
      )}
      {problem !== null && (
        <Text size="sm" c="red">
          {[problem.message, problem.hint].filter((text) => text !== undefined).join('. ')}
        </Text>
      )}
    </Section>
  )
}
