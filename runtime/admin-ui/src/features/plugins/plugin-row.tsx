// One plugin in the list: name, state, and the two most common actions: opening its page and switching it.

import { ActionIcon, Anchor, Box, Checkbox, Group, Paper, Switch, Text, Tooltip } from '@mantine/core'
import { memo } from 'react'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { serverUrl } from '../../api/client.ts'
import { usePluginChange } from '../../api/mutations.ts'
import { command } from '../../api/plugins.ts'
import { pluginHref } from '../../app/addresses.ts'
import { useMay } from '../../app/session.ts'
import { Icon } from '../../components/icons.tsx'
import { t } from '../../languages/text.ts'
import { ForcedBadge } from '../plugin/forced-badge.tsx'
import { PluginAvatar } from '../plugin/plugin-avatar.tsx'
import { StateBadge } from '../plugin/state-badge.tsx'

export interface PluginRowProps {
  readonly plugin: Installation
  /** Whether it has a tick; null while none can be chosen. */
  readonly isChosen: boolean | null
  readonly toggle: (id: string) => void
}

/** Rendered again only when its own properties change, however often the list around it is scrolled. */
export const PluginRow = memo(function PluginRow({ plugin, isChosen, toggle }: PluginRowProps) {
  const may = useMay()
  const { id, name, version, description, problem } = plugin
  const [warning] = plugin.warnings
  return (
    <Paper withBorder p="sm" className="plugin-row" data-plugin={id}>
      {isChosen === null ? (
        <PluginAvatar id={id} name={name} plugin={plugin} />
      ) : (
        <Checkbox
          size="md"
          className="plugin-row-actions"
          checked={isChosen}
          onChange={() => toggle(id)}
          aria-label={t('Choose "{name}"', { name })}
        />
      )}
      <Box miw={0}>
        <Group gap="xs" wrap="nowrap">
          <Anchor
            href={pluginHref(id)}
            className="plugin-row-link"
            fw={600}
            c="inherit"
            underline="never"
            truncate
          >
            <bdi>{name}</bdi>
          </Anchor>
          <Text size="sm" c="dimmed">
            {version ?? plugin.releases[0]?.version}
          </Text>
          <ForcedBadge forced={plugin.forced} />
        </Group>
        <Text size="sm" c={problem ? 'red' : warning ? 'orange' : 'dimmed'} truncate>
          <bdi>{(problem ?? warning)?.message ?? description ?? id}</bdi>
        </Text>
      </Box>
      <Box className="plugin-row-state">
        <StateBadge state={plugin.state} />
      </Box>
      <Group gap="xs" wrap="nowrap" className="plugin-row-actions">
        <PageLink plugin={plugin} />
        {may('plugins.manage') && <EnabledSwitch plugin={plugin} />}
      </Group>
    </Paper>
  )
})

function PageLink({ plugin }: { readonly plugin: Installation }) {
  const { page } = plugin.urls
  // Present even when there is nothing to open, so that the switches stay in one column.
  if (page === null || !plugin.enabled) return <Box w={34} visibleFrom="xs" />
  return (
    <Tooltip label={t('Open its page')}>
      <ActionIcon
        component="a"
        href={serverUrl(page)}
        target="_blank"
        rel="noopener noreferrer"
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t('Open the page of "{name}"', { name: plugin.name })}
      >
        <Icon name="external" />
      </ActionIcon>
    </Tooltip>
  )
}

export function EnabledSwitch({ plugin }: { readonly plugin: Installation }) {
  const change = usePluginChange((enable: boolean) => command(plugin.id, enable ? 'enable' : 'disable'))
  // While the server works, the switch shows the requested state.
  const checked = change.isPending ? change.variables : plugin.enabled
  return (
    <Switch
      checked={checked}
      disabled={change.isPending}
      onChange={(event) => change.mutate(event.currentTarget.checked)}
      aria-label={t('Enable "{name}"', { name: plugin.name })}
    />
  )
}
