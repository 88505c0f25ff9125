// One plugin: its identity, its problems, and its parts as tabs.

import { Anchor, Button, Skeleton, Stack, Tabs } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { ApiError, asErrorDocument } from '../../api/client.ts'
import { useLive } from '../../api/live.ts'
import { pluginQuery } from '../../api/plugins.ts'
import { go, isTab, pluginHref, pluginsHref, TABS, type Tab } from '../../app/addresses.ts'
import type { PageProps } from '../../app/pages.ts'
import { useMayDevelop } from '../../app/session.ts'
import { Icon } from '../../components/icons.tsx'
import { Message } from '../../components/message.tsx'
import { NoSuchPage } from '../../components/no-such-page.tsx'
import { t } from '../../languages/text.ts'
import { AboutTab } from '../plugin/about-tab.tsx'
import { DataTab } from '../plugin/data-tab.tsx'
import { DevicesPanel } from '../plugin/devices-panel.tsx'
import { EventsTab } from '../plugin/events-tab.tsx'
import { LogTab } from '../plugin/log-tab.tsx'
import { OverviewTab } from '../plugin/overview-tab.tsx'
import { PermissionsTab } from '../plugin/permissions-tab.tsx'
import { PluginHeader } from '../plugin/plugin-header.tsx'
import { PluginNotices } from '../plugin/plugin-notices.tsx'
import { ReleasesTab } from '../plugin/releases-tab.tsx'
import { SettingsTab } from '../plugin/settings-tab.tsx'
import { type Sample, useHistory } from '../plugin/use-history.ts'

export function PluginPage({ params: { id = '', tab = 'overview' } }: PageProps) {
  // Nothing that was typed for one plugin is meant for another.
  return isTab(tab) ? <Plugin key={id} id={id} tab={tab} /> : <NoSuchPage />
}

interface PluginProps {
  readonly id: string
  readonly tab: Tab
}

function Plugin({ id, tab }: PluginProps) {
  const plugin = useQuery(pluginQuery(id, useLive()))
  const history = useHistory(plugin.data?.resources, plugin.dataUpdatedAt)
  useDocumentTitle(`${plugin.data?.name ?? id} · Plugbay`)
  return (
    <Stack>
      <Anchor
        href={pluginsHref()}
        size="sm"
        display="inline-flex"
        style={{ alignItems: 'center', gap: 4, alignSelf: 'start' }}
      >
        <Icon name="back" size={14} /> {t('Plugins')}
      </Anchor>
      {plugin.isPending && <Skeleton h={120} radius="md" />}
      {plugin.isError && <NotShown id={id} error={plugin.error} retry={() => void plugin.refetch()} />}
      {plugin.data && !plugin.isError && (
        <>
          <PluginHeader plugin={plugin.data} />
          <PluginNotices plugin={plugin.data} />
          <PluginTabs plugin={plugin.data} tab={tab} history={history} />
        </>
      )}
    </Stack>
  )
}

const LABELS: Readonly<Record<Tab, string>> = {
  overview: t('Overview'),
  about: t('About'),
  permissions: t('Permissions'),
  settings: t('Settings'),
  log: t('Log'),
  events: t('Events'),
  data: t('Data'),
  releases: t('Releases'),
  development: t('Development'),
}

interface PluginTabsProps {
  readonly plugin: Installation
  readonly tab: Tab
  readonly history: readonly Sample[]
}

/** Loaded only when its tab is opened. */
const DevelopmentTab = lazy(async () => ({
  default: (await import('../development/development-tab.tsx')).DevelopmentTab,
}))

function PluginTabs({ plugin, tab, history }: PluginTabsProps) {
  const mayDevelop = useMayDevelop()
  return (
    <Tabs
      value={tab}
      onChange={(next) => go(pluginHref(plugin.id, (next as Tab | null) ?? 'overview'))}
      keepMounted={false}
    >
      <Tabs.List mb="md" style={{ flexWrap: 'nowrap', overflowX: 'auto', overflowY: 'hidden' }}>
        {TABS.filter((name) => name !== 'development' || mayDevelop).map((name) => (
          <Tabs.Tab key={name} value={name} px={{ base: 7, xs: 'md' }}>
            {LABELS[name]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="overview">
        <OverviewTab plugin={plugin} history={history} />
      </Tabs.Panel>
      <Tabs.Panel value="about">
        <AboutTab plugin={plugin} />
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
      <Tabs.Panel value="events">
        <EventsTab id={plugin.id} />
      </Tabs.Panel>
      <Tabs.Panel value="data">
        <DataTab plugin={plugin} />
      </Tabs.Panel>
      <Tabs.Panel value="releases">
        <ReleasesTab plugin={plugin} />
      </Tabs.Panel>
      <Tabs.Panel value="development">
        <Suspense fallback={<Skeleton h={160} radius="md" />}>
          {mayDevelop ? <DevelopmentTab id={plugin.id} /> : <NoSuchPage />}
        </Suspense>
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
      <Message title={t('There is no plugin "{id}"', { id })} text={t('It may have been uninstalled.')}>
        <Button component="a" href={pluginsHref()}>
          {t('Show the plugins')}
        </Button>
      </Message>
    )
  const { title, detail, hint } = asErrorDocument(error)
  return (
    <Message title={title} text={[detail, hint].filter(Boolean).join('. ')}>
      <Button onClick={retry}>{t('Try again')}</Button>
    </Message>
  )
}
