// Plugins that were stopped because they failed too often: the evidence, and what to do about it.

import { Anchor, Button, Group, List, Paper, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { useLive } from '../../api/live.ts'
import { usePluginChange } from '../../api/mutations.ts'
import { command, pluginsQuery } from '../../api/plugins.ts'
import { pluginHref } from '../../app/addresses.ts'
import { useMay } from '../../app/session.ts'
import { LoadError } from '../../components/load-error.tsx'
import { t } from '../../languages/text.ts'
import { EvidencePanel } from '../plugin/evidence-panel.tsx'
import { StateBadge } from '../plugin/state-badge.tsx'

export function QuarantinePage() {
  const plugins = useQuery(pluginsQuery(useLive()))
  const stopped = plugins.data?.filter(({ state }) => state === 'quarantined')
  return (
    <Stack>
      <Title order={1} size="h2">
        {t('Quarantine')}
      </Title>
      <Text c="dimmed">
        {t('A plugin that fails too often is stopped, so that it cannot slow down the others.')}
      </Text>
      {plugins.isPending && <Skeleton h={120} radius="md" />}
      {plugins.isError && !plugins.data && <LoadError error={plugins.error} />}
      {stopped?.length === 0 && <Text>{t('No plugin is in quarantine.')}</Text>}
      {stopped?.map((plugin) => (
        <Stopped key={plugin.id} plugin={plugin} />
      ))}
    </Stack>
  )
}

function Stopped({ plugin }: { readonly plugin: Installation }) {
  const may = useMay()
  const run = usePluginChange((name: 'retry' | 'disable') => command(plugin.id, name), {
    done: (after, name) =>
      name === 'retry'
        ? t('"{name}" was started again', { name: after.name })
        : t('"{name}" is disabled', { name: after.name }),
  })
  return (
    <Paper withBorder p="md" component="section" aria-label={plugin.name}>
      <Stack gap="sm">
        <Group gap="xs">
          <Anchor href={pluginHref(plugin.id)} fw={600}>
            <bdi>{plugin.name}</bdi>
          </Anchor>
          <StateBadge state={plugin.state} />
        </Group>
        {plugin.problem !== null && <Text size="sm">{plugin.problem.message}</Text>}
        <EvidencePanel id={plugin.id} />
        <List size="sm" spacing={4}>
          <List.Item>{t('Did it begin with an update? Go back to the version before.')}</List.Item>
          <List.Item>
            {t('Did a limit stop it? Its author can need less, or the configuration can allow more.')}
          </List.Item>
          <List.Item>{t('Was it a passing cause? Start it again; what it stored is untouched.')}</List.Item>
        </List>
        <Group gap="xs">
          {may('plugins.manage') && (
            <>
              <Button
                size="xs"
                loading={run.isPending && run.variables === 'retry'}
                onClick={() => run.mutate('retry')}
              >
                {t('Start it again')}
              </Button>
              <Button
                size="xs"
                variant="default"
                loading={run.isPending && run.variables === 'disable'}
                onClick={() => run.mutate('disable')}
              >
                {t('Disable it')}
              </Button>
            </>
          )}
          <Button size="xs" variant="default" component="a" href={pluginHref(plugin.id, 'releases')}>
            {t('Show its releases')}
          </Button>
          <Button size="xs" variant="default" component="a" href={pluginHref(plugin.id, 'log')}>
            {t('Show its log')}
          </Button>
        </Group>
      </Stack>
    </Paper>
  )
}
