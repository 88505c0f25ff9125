// Name, state and the actions of one plugin.

import { ActionIcon, Box, Button, Group, Menu, Text, Title } from '@mantine/core'
import { useState } from 'react'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { apiUrl } from '../../api/client.ts'
import { usePluginChange } from '../../api/mutations.ts'
import { type Command, command, dataPath, rollback } from '../../api/plugins.ts'
import { pageHref } from '../../app/addresses.ts'
import { useMay } from '../../app/session.ts'
import { Icon } from '../../components/icons.tsx'
import { t } from '../../languages/text.ts'
import { ForcedBadge } from './forced-badge.tsx'
import { PluginAvatar } from './plugin-avatar.tsx'
import { RestoreDialog } from './restore-dialog.tsx'
import { RollbackDialog } from './rollback-dialog.tsx'
import { StateBadge } from './state-badge.tsx'
import { UninstallDialog } from './uninstall-dialog.tsx'

export function PluginHeader({ plugin }: { readonly plugin: Installation }) {
  const may = useMay()
  return (
    <Group justify="space-between" align="flex-start">
      <Group wrap="nowrap" align="flex-start" miw={0} flex="1 1 18rem">
        <PluginAvatar id={plugin.id} name={plugin.name} plugin={plugin} size={56} />
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
            <Text mt={4}>
              <bdi>{plugin.description}</bdi>
            </Text>
          )}
        </Box>
      </Group>
      {may('plugins.manage') ? <Actions plugin={plugin} /> : <PageLink plugin={plugin} />}
    </Group>
  )
}

/** What a command has done, unless the plugin waits for something now. */
function doneText({ name, state }: Installation, command: Command): string {
  if (state === 'waiting-approval') return t('"{name}" waits for your decision', { name })
  const texts: Readonly<Record<Command, string>> = {
    enable: t('"{name}" is enabled', { name }),
    disable: t('"{name}" is disabled', { name }),
    reload: t('"{name}" was restarted', { name }),
    retry: t('"{name}" was started again', { name }),
  }
  return texts[command]
}

function Actions({ plugin }: { readonly plugin: Installation }) {
  const [uninstalling, setUninstalling] = useState(false)
  const [restoring, setRestoring] = useState(false)
  const [isGoingBack, setGoingBack] = useState(false)
  const run = usePluginChange((name: Command) => command(plugin.id, name), {
    done: (after, name) => (after.problem ? null : doneText(after, name)),
  })
  const back = usePluginChange(() => rollback(plugin.id), {
    done: (after) =>
      after.problem
        ? null
        : t('"{name}" is back at version {version}', { name: after.name, version: after.version }),
  })
  const pending = run.isPending ? run.variables : undefined
  const previous = previousVersion(plugin)
  return (
    <Group gap="xs">
      <PageLink plugin={plugin} />
      {plugin.enabled ? (
        <Button variant="default" loading={pending === 'disable'} onClick={() => run.mutate('disable')}>
          {t('Disable')}
        </Button>
      ) : (
        <Button loading={pending === 'enable'} onClick={() => run.mutate('enable')}>
          {t('Enable')}
        </Button>
      )}
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={t('More actions')}>
            <Icon name="dots" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<Icon name="reload" size={16} />}
            disabled={!plugin.enabled}
            onClick={() => run.mutate('reload')}
          >
            {t('Start anew')}
          </Menu.Item>
          <Menu.Item
            leftSection={<Icon name="history" size={16} />}
            disabled={previous === undefined}
            onClick={() => setGoingBack(true)}
          >
            {previous === undefined
              ? t('No earlier version')
              : t('Go back to {version}', { version: previous })}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            component="a"
            href={apiUrl(dataPath(plugin.id))}
            download
            leftSection={<Icon name="down" size={16} />}
          >
            {t('Save its data')}
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="upload" size={16} />} onClick={() => setRestoring(true)}>
            {t('Restore its data…')}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            color="red"
            leftSection={<Icon name="trash" size={16} />}
            onClick={() => setUninstalling(true)}
          >
            {t('Uninstall…')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isGoingBack && previous !== undefined && (
        <RollbackDialog
          plugin={plugin}
          version={previous}
          confirmed={() => back.mutate()}
          close={() => setGoingBack(false)}
        />
      )}
      <RestoreDialog plugin={plugin} opened={restoring} close={() => setRestoring(false)} />
      <UninstallDialog plugin={plugin} opened={uninstalling} close={() => setUninstalling(false)} />
    </Group>
  )
}

function PageLink({ plugin }: { readonly plugin: Installation }) {
  const { page } = plugin.urls
  if (!plugin.enabled || page === null) return null
  return (
    <Button component="a" href={pageHref(plugin.id)} variant="default">
      {t('Open its page')}
    </Button>
  )
}

function previousVersion(plugin: Installation): string | undefined {
  return plugin.releases.find(({ previous }) => previous)?.version
}
