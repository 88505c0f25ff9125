// The pages of the application: address, title, and the permission without which a page is not offered.
// The first one is part of what is loaded first; each other is loaded when it is first opened.

import type { ComponentType } from 'react'
import type { IconName } from '../components/icon-paths.ts'
import { OverviewPage } from '../features/overview/overview-page.tsx'
import { t } from '../languages/text.ts'

export interface PageProps {
  /** Of the path: "$id" is `params.id`. */
  readonly params: Readonly<Record<string, string | undefined>>
}

export interface AppPage {
  readonly path: string
  readonly title: string
  readonly permission: string | null
  /** Of its place in the navigation. Without one, other pages lead there. */
  readonly icon?: IconName
  readonly load: () => Promise<ComponentType<PageProps>>
}

export const PAGES: readonly AppPage[] = [
  {
    path: '/',
    title: t('Overview'),
    permission: null,
    icon: 'home',
    load: async () => OverviewPage,
  },
  {
    path: '/plugins',
    title: t('Plugins'),
    permission: 'plugins.view',
    icon: 'plug',
    load: async () => (await import('../features/plugins/plugins-page.tsx')).PluginsPage,
  },
  {
    path: '/plugins/$id/{-$tab}',
    title: t('Plugin'),
    permission: 'plugins.view',
    load: async () => (await import('../features/plugin/plugin-page.tsx')).PluginPage,
  },
  {
    path: '/p/$id/$',
    title: t('Page of a plugin'),
    permission: null,
    load: async () => (await import('../features/pages/framed-page.tsx')).FramedPage,
  },
  {
    path: '/tasks',
    title: t('Tasks'),
    permission: 'tasks.view',
    icon: 'clock',
    load: async () => (await import('../features/tasks/tasks-page.tsx')).TasksPage,
  },
  {
    path: '/tasks/$id',
    title: t('Task'),
    permission: 'tasks.view',
    load: async () => (await import('../features/tasks/task-page.tsx')).TaskPage,
  },
  {
    path: '/actions',
    title: t('Actions'),
    permission: null,
    icon: 'bolt',
    load: async () => (await import('../features/actions/actions-page.tsx')).ActionsPage,
  },
  {
    path: '/devices',
    title: t('Devices and volumes'),
    permission: 'devices.view',
    icon: 'drive',
    load: async () => (await import('../features/devices/devices-page.tsx')).DevicesPage,
  },
  {
    path: '/application',
    title: t('Application'),
    permission: 'plugins.view',
    icon: 'settings',
    load: async () => (await import('../features/application/application-page.tsx')).ApplicationPage,
  },
  {
    path: '/deployment/{-$tab}',
    title: t('Deployment'),
    permission: 'plugins.view',
    icon: 'box',
    load: async () => (await import('../features/deployment/deployment-page.tsx')).DeploymentPage,
  },
  {
    path: '/points',
    title: t('Extension points'),
    permission: 'plugins.view',
    icon: 'pieces',
    load: async () => (await import('../features/points/points-page.tsx')).PointsPage,
  },
  {
    path: '/quarantine',
    title: t('Quarantine'),
    permission: 'plugins.view',
    icon: 'shield',
    load: async () => (await import('../features/quarantine/quarantine-page.tsx')).QuarantinePage,
  },
  {
    path: '/people',
    title: t('People and tokens'),
    permission: 'users.manage',
    icon: 'people',
    load: async () => (await import('../features/people/people-page.tsx')).PeoplePage,
  },
  {
    path: '/server',
    title: t('Server'),
    permission: 'server.view',
    icon: 'server',
    load: async () => (await import('../features/server/server-page.tsx')).ServerPage,
  },
  {
    path: '/audit',
    title: t('Audit'),
    permission: 'audit.view',
    icon: 'list',
    load: async () => (await import('../features/audit/audit-page.tsx')).AuditPage,
  },
]
