// One plugin: its identity, its problems, and its parts as tabs.

import { Anchor, Button, Skeleton, Stack, Tabs } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import type { Installation } from '../../../../sdk/api/plugins.ts'
import { ApiError, asErrorDocument } from '../api/client.ts'
import { useLive } from '../api/live.ts'
import { pluginQuery } from '../api/plugins.ts'
import { go, pluginHref, pluginsHref, TABS, type Tab } from '../app/router.ts'
import { Icon } from '../components/icons.tsx'
import { Message } from '../components/message.tsx'
import { DevicesPanel } from '../plugin/devices-panel.tsx'
import { LogTab } from '../plugin/log-tab.tsx'
import { OverviewTab } from '../plugin/overview-tab.tsx'
import { PermissionsTab } from '../plugin/permissions-tab.tsx'
import { PluginHeader } from '../plugin/plugin-header.tsx'
import { PluginNotices } from '../plugin/plugin-notices.tsx'
import { ReleasesTab } from '../plugin/releases-tab.tsx'
import { SettingsTab } from '../plugin/settings-tab.tsx'

export interface PluginPageProps {
  readonly id: string
  readonly tab: Tab
}

export function PluginPage({ id, tab }: PluginPageProps) {
  const plugin = useQuery(pluginQuery(id, useLive()))
  useDocumentTitle(`${plugin.data?.name ?? id} · Plugbay`)
  return (
    <Stack>
      <Anchor
        href={pluginsHref()}
        size="sm"
        display="inline-flex"
        style={{ alignItems: 'center', gap: 4, alignSelf: 'start' }}
      >
        <Icon name="back" size={14} /> Plugins
      </Anchor>
      {plugin.isPending && <Skeleton h={120} radius="md" />}
      {plugin.isError && <NotShown id={id} error={plugin.error} retry={() => void plugin.refetch()} />}
      {plugin.data && !plugin.isError && (
        <>
          <PluginHeader plugin={plugin.data} />
          <PluginNotices plugin={plugin.data} />
          <PluginTabs plugin={plugin.data} tab={tab} />
        </>
      )}
    </Stack>
  )
}

const LABELS: Readonly<Record<Tab, string>> = {
  overview: 'Overview',
  permissions: 'Permissions',
  settings: 'Settings',
  log: 'Log',
  releases: 'Releases',
}

function PluginTabs({ plugin, tab }: { readonly plugin: Installation; readonly tab: Tab }) {
  return (
    <Tabs
      value={tab}
      onChange={(next) => go(pluginHref(plugin.id, (next as Tab | null) ?? 'overview'))}
      keepMounted={false}
    >
      <Tabs.List mb="md" style={{ flexWrap: 'nowrap', overflowX: 'auto', overflowY: 'hidden' }}>
        {TABS.map((name) => (
          <Tabs.Tab key={name} value={name} px={{ base: 7, xs: 'md' }}>
            {LABELS[name]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="overview">
        <OverviewTab plugin={plugin} />
      </Tabs.Panel>
      <Tabs.Panel value="permissions">
        <Stack>
          <PermissionsTab plugin={plugin} />
          {plugin.grants.usb !== undefined && <DevicesPanel plugin={plugin} />}
        </Stack>
      </Tabs.Panel>
      <Tabs.Panel value="settings">
        <SettingsTab id={plugin.id} />
      </Tabs.Panel>
      <Tabs.Panel value="log">
        <LogTab id={plugin.id} />
      </Tabs.Panel>
      <Tabs.Panel value="releases">
        <ReleasesTab plugin={plugin} />
      </Tabs.Panel>
    </Tabs>
  )
}

function NotShown({
  id,
  error,
  retry,
}: {
  readonly id: string
  readonly error: unknown
  readonly retry: () => void
}) {
  if (error instanceof ApiError && error.status === 404)
    return (
      <Message title={`There is no plugin "${id}"`} text="It may have been uninstalled.">
        <Button component="a" href={pluginsHref()}>
          Show the plugins
        </Button>
      </Message>
    )
  const { title, detail, hint } = asErrorDocument(error)
  return (
    <Message title={title} text={[detail, hint].filter(Boolean).join('. ')}>
      <Button onClick={retry}>Try again</Button>
    </Message>
  )
}
