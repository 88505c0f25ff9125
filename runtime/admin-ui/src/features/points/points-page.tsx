// Every place of the application that plugins may contribute to: who does, in which order, and what is in conflict.

import { Anchor, Badge, Group, Paper, Skeleton, Stack, Switch, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ExtensionPoint } from '../../../../../sdk/api/extension-points.ts'
import { pointsQuery } from '../../api/application.ts'
import { pluginHref } from '../../app/addresses.ts'
import { LoadError } from '../../components/load-error.tsx'
import { ProblemList } from '../../components/problem-list.tsx'
import { t } from '../../languages/text.ts'
import { OrderList } from '../application/order-list.tsx'

const KINDS: Readonly<Record<ExtensionPoint['kind'], string>> = {
  menus: t('Menus'),
  slots: t('Slots of pages'),
  hooks: t('Hooks'),
  events: t('Events'),
  contexts: t('Contexts of actions'),
  calls: t('Calls of the application'),
}

export function PointsPage() {
  const points = useQuery(pointsQuery())
  const [showsAll, setShowsAll] = useState(false)
  const items = points.data?.items.filter(
    ({ contributors, problems }) => showsAll || contributors.length > 0 || problems.length > 0,
  )
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h2">
          {t('Extension points')}
        </Title>
        <Switch
          label={t('Also those that no plugin uses')}
          checked={showsAll}
          onChange={(event) => setShowsAll(event.currentTarget.checked)}
        />
      </Group>
      {points.isPending && <Skeleton h={160} radius="md" />}
      {points.isError && <LoadError error={points.error} />}
      {items?.length === 0 && <Text c="dimmed">{t('No plugin contributes to the application.')}</Text>}
      {Object.entries(KINDS).map(([kind, title]) => {
        const ofKind = items?.filter((point) => point.kind === kind) ?? []
        if (ofKind.length === 0) return null
        return (
          <Stack key={kind} component="section" gap="xs" aria-label={title}>
            <Title order={2} size="h4">
              {title}
            </Title>
            {ofKind.map((point) => (
              <PointCard key={point.name} point={point} />
            ))}
          </Stack>
        )
      })}
    </Stack>
  )
}

function PointCard({ point }: { readonly point: ExtensionPoint }) {
  const { kind, name, source, isServed, contributors, order, problems } = point
  const plugins = contributors.map(({ plugin }) => plugin)
  return (
    <Paper withBorder p="sm" data-point={`${kind} ${name}`}>
      <Group gap="xs">
        <Text fw={600}>{name}</Text>
        <Badge variant="light" color="gray" tt="none">
          {source === 'runtime' ? t('of Plugbay') : t('of the application')}
        </Badge>
        {!isServed && (
          <Badge variant="light" color="yellow" tt="none">
            {t('not acted on yet')}
          </Badge>
        )}
      </Group>
      {plugins.length === 1 &&
        plugins.map((id) => (
          <Anchor key={id} href={pluginHref(id)} size="sm">
            {id}
          </Anchor>
        ))}
      {plugins.length > 1 && (
        <OrderList
          point={{ kind, name }}
          title={`${kind} ${name}`}
          plugins={plugins}
          isSet={order.length > 0}
        />
      )}
      {problems.length > 0 && <ProblemList problems={problems} kind="warning" />}
    </Paper>
  )
}
