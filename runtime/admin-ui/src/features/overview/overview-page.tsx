// How the server is: what needs attention, its figures, and what plugins show here.

import { Alert, Anchor, Group, Paper, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { useLive } from '../../api/live.ts'
import { pluginsQuery, settingsProblemsQuery } from '../../api/plugins.ts'
import { serverQuery } from '../../api/server.ts'
import { tasksQuery } from '../../api/tasks.ts'
import { pluginHref, pluginsHref, tasksHref } from '../../app/addresses.ts'
import { useMay, useSession } from '../../app/session.ts'
import { Icon } from '../../components/icons.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { ProblemList } from '../../components/problem-list.tsx'
import { SafeMode } from '../../components/safe-mode.tsx'
import { number, t } from '../../languages/text.ts'
import { UploadButton } from '../install/upload-button.tsx'
import { StateBadge } from '../plugin/state-badge.tsx'
import { needsAttention } from '../plugins/attention.ts'
import { OverviewParts } from './overview-parts.tsx'

const FirstRun = lazy(async () => {
  const [{ FirstRun }] = await Promise.all([import('./first-run.tsx'), import('../../app/control-styles.ts')])
  return { default: FirstRun }
})

/** Its disk does not fill in a moment. */
const SERVER_MS = 30_000

export function OverviewPage() {
  return useMay()('plugins.view') ? <Overview /> : <Welcome />
}

function Overview() {
  const may = useMay()
  const plugins = useQuery(pluginsQuery(useLive()))
  if (plugins.data?.length === 0)
    return (
      <Suspense>
        <FirstRun />
      </Suspense>
    )
  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <Title order={1} size="h2">
          {t('Overview')}
        </Title>
        {may('plugins.manage') && <UploadButton />}
      </Group>
      {plugins.isError && !plugins.data && (
        <LoadError error={plugins.error} retry={() => void plugins.refetch()} />
      )}
      {plugins.isPending && <Skeleton h={120} radius="md" />}
      {plugins.data && (
        <>
          <Attention plugins={plugins.data} />
          <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm" component="dl" m={0}>
            <Figure
              label={t('Plugins')}
              value={number(plugins.data.length)}
              href={pluginsHref()}
              note={t('{value} enabled', { value: number(plugins.data.filter((p) => p.enabled).length) })}
            />
            <Figure
              label={t('Running now')}
              value={number(plugins.data.filter(({ state }) => state === 'running').length)}
              href={pluginsHref()}
              note={t('{value} MB', { value: number(sumOf(plugins.data, (each) => each.memoryMb)) })}
            />
            <Figure
              label={t('Requests')}
              value={number(sumOf(plugins.data, ({ requests }) => requests))}
              note={t('{value} failed', { value: number(sumOf(plugins.data, ({ errors }) => errors)) })}
            />
            {may('tasks.view') && <FailedTasks />}
          </SimpleGrid>
          <OverviewParts plugins={plugins.data} />
        </>
      )}
    </Stack>
  )
}

/** Of what they have used since the server started. */
function sumOf(
  plugins: readonly Installation[],
  figure: (used: Installation['resources']) => number,
): number {
  return plugins.reduce((sum, { resources }) => sum + figure(resources), 0)
}

function Attention({ plugins }: { readonly plugins: readonly Installation[] }) {
  const waiting = plugins.filter(needsAttention)
  const may = useMay()
  const settings = useQuery(settingsProblemsQuery())
  const server = useQuery({ ...serverQuery, refetchInterval: SERVER_MS, enabled: may('server.view') })
  const isSafe = server.data?.isSafe ?? false
  const disk = server.data?.disk.problem ?? null
  const problems = [...(disk === null ? [] : [disk]), ...(settings.data?.problems ?? [])]
  if (waiting.length === 0 && problems.length === 0 && !isSafe)
    return (
      <Alert color="teal" variant="light" icon={<Icon name="check" />} title={t('Everything is in order')} />
    )
  return (
    <Stack gap="sm" component="section" aria-labelledby="attention">
      <Title order={2} size="h4" id="attention">
        {t('Needs attention')}
      </Title>
      {isSafe && <SafeMode />}
      <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: 'none' }}>
        {waiting.map((plugin) => (
          <Paper component="li" withBorder p="sm" key={plugin.id} data-attention={plugin.id}>
            <Group gap="xs">
              <Anchor href={pluginHref(plugin.id)} fw={600} c="inherit">
                <bdi>{plugin.name}</bdi>
              </Anchor>
              <StateBadge state={plugin.state} />
            </Group>
            <Text size="sm" c="dimmed">
              {reasonOf(plugin)}
            </Text>
          </Paper>
        ))}
      </Stack>
      {problems.length > 0 && <ProblemList problems={problems} kind="warning" />}
    </Stack>
  )
}

function reasonOf({ problem, candidate, state }: Installation): string {
  if (candidate?.problem) return candidate.problem.message
  if (candidate !== null && state === 'waiting-approval')
    return t('Version {version} waits for your decision', { version: candidate.version })
  return problem?.message ?? t('It waits for your decision')
}

function FailedTasks() {
  const failed = useInfiniteQuery(tasksQuery({ plugin: null, state: 'failed' }))
  const page = failed.data?.pages[0]
  const count = page === undefined ? '–' : number(page.items.length) + (page.nextCursor === null ? '' : '+')
  return (
    <Figure label={t('Failed tasks')} value={count} href={tasksHref()} bad={count !== '0' && count !== '–'} />
  )
}

interface FigureProps {
  readonly label: string
  readonly value: string
  readonly note?: string
  readonly href?: string
  readonly bad?: boolean
}

function Figure({ label, value, note, href, bad = false }: FigureProps) {
  return (
    <Paper withBorder p="sm">
      <Text size="sm" c="dimmed" component="dt">
        {href === undefined ? (
          label
        ) : (
          <Anchor href={href} size="sm">
            {label}
          </Anchor>
        )}
      </Text>
      <Text component="dd" m={0} fw={700} fz={24} {...(bad ? { c: 'red' } : {})}>
        {/* Two numbers side by side would change places in Arabic. */}
        <bdi>{value}</bdi>
        {note !== undefined && (
          <Text component="bdi" size="sm" c="dimmed" ms={6} fw={400}>
            {note}
          </Text>
        )}
      </Text>
    </Paper>
  )
}

/** For who may not see the plugins. */
function Welcome() {
  const { name, permissions } = useSession()
  return (
    <Stack>
      <Title order={1} size="h2">
        {t('Overview')}
      </Title>
      <Text>{t('You are signed in as "{name}".', { name })}</Text>
      <Text c="dimmed">
        {permissions.length === 0
          ? t('You may see nothing here yet. An administrator can give you permissions.')
          : t('You may: {permissions}', { permissions: permissions.join(', ') })}
      </Text>
    </Stack>
  )
}
