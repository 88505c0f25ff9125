// Name, state and the actions of one plugin.

import { ActionIcon, Box, Button, Group, Menu, Text, Title } from '@mantine/core'
import { modals } from '@mantine/modals'
import { useState } from 'react'
import type { Installation } from '../../../../sdk/api/plugins.ts'
import { apiUrl } from '../api/client.ts'
import { usePluginChange } from '../api/mutations.ts'
import { type Command, command, dataPath, rollback } from '../api/plugins.ts'
import { Icon } from '../components/icons.tsx'
import { ForcedBadge } from './forced-badge.tsx'
import { PluginAvatar } from './plugin-avatar.tsx'
import { RestoreDialog } from './restore-dialog.tsx'
import { StateBadge } from './state-badge.tsx'
import { UninstallDialog } from './uninstall-dialog.tsx'

export function PluginHeader({ plugin }: { readonly plugin: Installation }) {
  return (
    <Group justify="space-between" align="flex-start">
      <Group wrap="nowrap" align="flex-start" miw={0} flex="1 1 18rem">
        <PluginAvatar id={plugin.id} name={plugin.name} size={56} />
        <Box miw={0}>
          <Group gap="sm">
            <Title order={1} size="h2" dir="auto">
              {plugin.name}
            </Title>
            <StateBadge state={plugin.state} />
            <ForcedBadge forced={plugin.forced} />
          </Group>
          <Text size="sm" c="dimmed">
            {[plugin.id, plugin.version].filter(Boolean).join(' · ')}
          </Text>
          {plugin.description && (
            <Text mt={4} dir="auto">
              {plugin.description}
            </Text>
          )}
        </Box>
      </Group>
      <Actions plugin={plugin} />
    </Group>
  )
}

const DONE: Readonly<Record<Command, string>> = {
  enable: 'is enabled',
  disable: 'is disabled',
  reload: 'was restarted',
  retry: 'was started again',
}

function Actions({ plugin }: { readonly plugin: Installation }) {
  const [uninstalling, setUninstalling] = useState(false)
  const [restoring, setRestoring] = useState(false)
  const run = usePluginChange((name: Command) => command(plugin.id, name), {
    done: (after, name) => (after.problem ? null : `"${after.name}" ${DONE[name]}`),
  })
  const back = usePluginChange(() => rollback(plugin.id), {
    done: (after) => (after.problem ? null : `"${after.name}" is back at version ${after.version}`),
  })
  const pending = run.isPending ? run.variables : undefined
  const previous = previousVersion(plugin)
  const { page } = plugin.urls
  return (
    <Group gap="xs">
      {plugin.enabled && page !== null && (
        <Button
          component="a"
          href={page}
          target="_blank"
          rel="noopener noreferrer"
          variant="default"
          rightSection={<Icon name="external" size={16} />}
        >
          Open its page
        </Button>
      )}
      {plugin.enabled ? (
        <Button variant="default" loading={pending === 'disable'} onClick={() => run.mutate('disable')}>
          Disable
        </Button>
      ) : (
        <Button loading={pending === 'enable'} onClick={() => run.mutate('enable')}>
          Enable
        </Button>
      )}
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label="More actions">
            <Icon name="dots" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<Icon name="reload" size={16} />}
            disabled={!plugin.enabled}
            onClick={() => run.mutate('reload')}
          >
            Start anew
          </Menu.Item>
          <Menu.Item
            leftSection={<Icon name="history" size={16} />}
            disabled={previous === undefined}
            onClick={() => confirmRollback(plugin, previous ?? '', () => back.mutate())}
          >
            {previous === undefined ? 'No earlier version' : `Go back to ${previous}`}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            component="a"
            href={apiUrl(dataPath(plugin.id))}
            download
            leftSection={<Icon name="down" size={16} />}
          >
            Save its data
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="upload" size={16} />} onClick={() => setRestoring(true)}>
            Restore its data…
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            color="red"
            leftSection={<Icon name="trash" size={16} />}
            onClick={() => setUninstalling(true)}
          >
            Uninstall…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <RestoreDialog plugin={plugin} opened={restoring} close={() => setRestoring(false)} />
      <UninstallDialog plugin={plugin} opened={uninstalling} close={() => setUninstalling(false)} />
    </Group>
  )
}

function previousVersion(plugin: Installation): string | undefined {
  return plugin.releases.find(({ previous }) => previous)?.version
}

/** Asks for confirmation before another version takes over. */
export function confirmRollback(plugin: Installation, version: string, confirmed: () => void): void {
  modals.openConfirmModal({
    title: `Use version ${version} of "${plugin.name}"?`,
    children: (
      <Text size="sm">
        It takes over at once; requests under way are finished by version {plugin.version}. The data that the
        plugin stored stays as it is.
      </Text>
    ),
    labels: { confirm: `Use ${version}`, cancel: 'Cancel' },
    onConfirm: confirmed,
  })
}
