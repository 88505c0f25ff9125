// The plugins at one extension point, in order, each with buttons that move it.

import { ActionIcon, Anchor, Button, Group, Paper, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type PointName, pointsQuery, putOrder } from '../../api/application.ts'
import { pluginHref } from '../../app/addresses.ts'
import { useMay } from '../../app/session.ts'
import { Icon } from '../../components/icons.tsx'
import { showError, showSuccess } from '../../components/notify.ts'
import { Only } from '../../components/only.tsx'
import { t } from '../../languages/text.ts'

export interface OrderListProps {
  readonly point: PointName
  readonly title: string
  /** In order. */
  readonly plugins: readonly string[]
  /** Whether the operator has set the order. */
  readonly isSet: boolean
}

export function OrderList({ point, title, plugins, isSet }: OrderListProps) {
  const may = useMay()
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: (next: readonly string[]) => putOrder(point, next),
    onSuccess: () => showSuccess(t('The order is saved')),
    onError: showError,
    onSettled: () => client.invalidateQueries({ queryKey: pointsQuery().queryKey }),
  })
  const label = t('Order at {title}', { title })
  return (
    <Paper withBorder p="md" component="section" aria-label={label}>
      <Group justify="space-between" mb="xs">
        <Text fw={600}>{title}</Text>
        {isSet && may('plugins.manage') && (
          <Button size="compact-xs" variant="subtle" onClick={() => save.mutate([])}>
            {t('Back to priority and id')}
          </Button>
        )}
      </Group>
      <Stack component="ol" gap={4} m={0} p={0} style={{ listStyle: 'none' }}>
        {plugins.map((id, place) => (
          <Group component="li" key={id} gap="xs">
            <Only permission="plugins.manage">
              <Move
                direction="up"
                id={id}
                disabled={place === 0}
                move={() => save.mutate(moved(plugins, place, -1))}
              />
              <Move
                direction="down"
                id={id}
                disabled={place === plugins.length - 1}
                move={() => save.mutate(moved(plugins, place, 1))}
              />
            </Only>
            <Anchor href={pluginHref(id)}>{id}</Anchor>
          </Group>
        ))}
      </Stack>
    </Paper>
  )
}

interface MoveProps {
  readonly direction: 'up' | 'down'
  readonly id: string
  readonly disabled: boolean
  readonly move: () => void
}

function Move({ direction, id, disabled, move }: MoveProps) {
  return (
    <ActionIcon
      variant="default"
      size="sm"
      disabled={disabled}
      aria-label={direction === 'up' ? t('Move "{id}" up', { id }) : t('Move "{id}" down', { id })}
      onClick={move}
    >
      <span style={direction === 'up' ? { rotate: '180deg', display: 'flex' } : { display: 'flex' }}>
        <Icon name="down" size={14} />
      </span>
    </ActionIcon>
  )
}

function moved(plugins: readonly string[], from: number, by: number): readonly string[] {
  const next = plugins.filter((_, place) => place !== from)
  return next.toSpliced(from + by, 0, ...plugins.slice(from, from + 1))
}
