// The application around the runtime: the form of its own settings, its menus, and the order of plugins where several meet.

import { Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { ExtensionPoints } from '../../../../../sdk/api/extension-points.ts'
import type { HostSettings, Settings } from '../../../../../sdk/api/settings.ts'
import { hostSettingsQuery, patchHostSettings, pointsQuery } from '../../api/application.ts'
import { ProblemList } from '../../components/problem-list.tsx'
import { t } from '../../languages/text.ts'
import { MenuTitles } from '../application/menu-titles.tsx'
import { OrderList, type OrderListProps } from '../application/order-list.tsx'
import { SettingsForm } from '../settings/settings-form.tsx'

export function ApplicationPage() {
  const settings = useQuery(hostSettingsQuery())
  const points = useQuery(pointsQuery())
  return (
    <Stack>
      <Title order={1} size="h2">
        {t('Application')}
      </Title>
      <Title order={2} size="h4">
        {t('Settings')}
      </Title>
      {settings.data === undefined ? <Skeleton h={160} radius="md" /> : <HostForm host={settings.data} />}
      <Title order={2} size="h4">
        {t('Menus')}
      </Title>
      {points.data === undefined ? <Skeleton h={80} radius="md" /> : <Menus points={points.data} />}
      <Title order={2} size="h4">
        {t('Order of plugins')}
      </Title>
      {points.data === undefined ? <Skeleton h={80} radius="md" /> : <Orders lists={ordersOf(points.data)} />}
    </Stack>
  )
}

function HostForm({ host }: { readonly host: HostSettings }) {
  const client = useQueryClient()
  const { problems, settings } = host
  return (
    <>
      {problems.length > 0 && <ProblemList problems={problems} kind="warning" />}
      {Object.keys(settings).length === 0 ? (
        <Text c="dimmed">{t('This application declares no settings.')}</Text>
      ) : (
        <SettingsForm
          settings={ownValues(settings)}
          save={async (values) => {
            client.setQueryData<HostSettings>(hostSettingsQuery().queryKey, await patchHostSettings(values))
          }}
        />
      )}
    </>
  )
}

/** Without what plugins append to lists: that is not the administrator's, and would stay when they go. */
function ownValues(settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).map(([key, view]) => {
      const count = (view.appended ?? []).reduce((sum, { items }) => sum + items.length, 0)
      const isList = Array.isArray(view.value) && count > 0
      return [key, isList ? { ...view, value: view.value.slice(0, -count) } : view]
    }),
  )
}

/** Where plugins have items. */
function Menus({ points: { host, items } }: { readonly points: ExtensionPoints }) {
  const menus = items.filter(({ kind, contributors }) => kind === 'menus' && contributors.length > 0)
  if (menus.length === 0)
    return <Text c="dimmed">{t('No plugin has an item in a menu of this application.')}</Text>
  const { available, default: first } = host.languages ?? { available: ['en'], default: 'en' }
  const languages = [first, ...available.filter((language) => language !== first)]
  return menus.map(({ name }) => <MenuTitles key={name} menu={name} languages={languages} />)
}

function Orders({ lists }: { readonly lists: readonly OrderListProps[] }) {
  if (lists.length === 0)
    return <Text c="dimmed">{t('Nowhere do two plugins contribute to the same point.')}</Text>
  return lists.map((list) => <OrderList key={`${list.point.kind} ${list.point.name}`} {...list} />)
}

/** Where several plugins meet, or an order is set. */
function ordersOf({ items, settings }: ExtensionPoints): readonly OrderListProps[] {
  const all = [
    ...items.map(({ kind, name, ...rest }) => ({ kind, name, title: `${kind} ${name}`, ...rest })),
    ...settings.map(({ of, ...rest }) => ({
      kind: 'settings',
      name: of,
      title: t('settings of {of}', { of }),
      ...rest,
    })),
  ]
  return all
    .filter(({ contributors, order }) => contributors.length > 1 || order.length > 0)
    .map(({ kind, name, title, contributors, order }) => ({
      point: { kind, name },
      title,
      plugins: contributors.map(({ plugin }) => plugin),
      isSet: order.length > 0,
    }))
}
