// Durable events on their way to the plugin. The dead ones can be let go once more, or deleted.

import { Badge, Button, Code, Group, Skeleton, Stack, Table, Text } from '@mantine/core'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { EventDelivery } from '../../../../../sdk/api/deliveries.ts'
import {
  changeDeliveries,
  DELIVERIES_KEY,
  type DeliveryCommand,
  deliveriesQuery,
} from '../../api/deliveries.ts'
import { Confirm } from '../../components/confirm.tsx'
import { ACTIONS, DataTable } from '../../components/data-table.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { MoreButton } from '../../components/more-button.tsx'
import { showError, showSuccess } from '../../components/notify.ts'
import { Only } from '../../components/only.tsx'
import { plural, t, timeText } from '../../languages/text.ts'

const STATES: Readonly<Record<EventDelivery['state'], { readonly color: string; readonly label: string }>> = {
  waiting: { color: 'gray', label: t('Waits') },
  running: { color: 'cyan', label: t('Running') },
  dead: { color: 'red', label: t('Not delivered') },
}

export function EventsTab({ id }: { readonly id: string }) {
  const deliveries = useInfiniteQuery(deliveriesQuery(id))
  const items = deliveries.data?.pages.flatMap((page) => page.items)
  if (deliveries.isPending) return <Skeleton h={120} radius="md" />
  if (items === undefined) return <LoadError error={deliveries.error} />
  if (items.length === 0)
    return <Text c="dimmed">{t('Every durable event for this plugin has been delivered.')}</Text>
  return (
    <Stack>
      {items.some(({ state }) => state === 'dead') && (
        <Only permission="plugins.manage">
          <AllDead id={id} />
        </Only>
      )}
      <DataTable minWidth={620} columns={[t('Time'), t('Event'), t('State'), t('Failed attempts'), ACTIONS]}>
        {items.map((delivery) => (
          <Row key={delivery.id} delivery={delivery} />
        ))}
      </DataTable>
      <MoreButton list={deliveries} />
    </Stack>
  )
}

function Row({ delivery }: { readonly delivery: EventDelivery }) {
  const { id, name, key, data, time, state, attempts, problem } = delivery
  const change = useChange()
  const which = { id }
  return (
    <Table.Tr data-delivery={state}>
      <Table.Td>
        <time dateTime={time}>{timeText(time)}</time>
      </Table.Td>
      <Table.Td>
        <details>
          <summary>
            <Code>{name}</Code> {key}
          </summary>
          <Code block>{JSON.stringify(data, undefined, 2)}</Code>
        </details>
        {problem !== null && (
          <Text size="sm" c="red">
            {problem.message}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Badge variant="light" color={STATES[state].color} tt="none">
          {STATES[state].label}
        </Badge>
      </Table.Td>
      <Table.Td>{attempts}</Table.Td>
      <Table.Td>
        {state === 'dead' && (
          <Only permission="plugins.manage">
            <Group gap="xs" wrap="nowrap" justify="flex-end">
              <Button
                size="compact-sm"
                variant="default"
                loading={change.isPending && change.variables.command === 'retry'}
                onClick={() => change.mutate({ command: 'retry', which })}
              >
                {t('Retry')}
              </Button>
              <Button
                size="compact-sm"
                variant="subtle"
                color="red"
                loading={change.isPending && change.variables.command === 'discard'}
                onClick={() => change.mutate({ command: 'discard', which })}
              >
                {t('Delete')}
              </Button>
            </Group>
          </Only>
        )}
      </Table.Td>
    </Table.Tr>
  )
}

function AllDead({ id }: { readonly id: string }) {
  const [isAsking, setAsking] = useState(false)
  const change = useChange()
  return (
    <Group gap="xs">
      <Button
        size="xs"
        loading={change.isPending}
        onClick={() => change.mutate({ command: 'retry', which: { plugin: id } })}
      >
        {t('Retry all that were not delivered')}
      </Button>
      <Button size="xs" variant="default" color="red" onClick={() => setAsking(true)}>
        {t('Delete all that were not delivered')}
      </Button>
      {isAsking && (
        <Confirm
          title={t('Delete all events that were not delivered?')}
          text={t('The plugin never learns of them.')}
          label={t('Delete')}
          isDangerous
          confirmed={() => change.mutate({ command: 'discard', which: { plugin: id } })}
          close={() => setAsking(false)}
        />
      )}
    </Group>
  )
}

interface DeliveryChange {
  readonly command: DeliveryCommand
  readonly which: { readonly id: string } | { readonly plugin: string }
}

function useChange() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ command, which }: DeliveryChange) => changeDeliveries(command, which),
    onSuccess: ({ count }, { command }) =>
      showSuccess(
        command === 'retry'
          ? plural('One event is delivered once more', '{count} events are delivered once more', { count })
          : plural('One event is deleted', '{count} events are deleted', { count }),
      ),
    onError: showError,
    onSettled: () => client.invalidateQueries({ queryKey: DELIVERIES_KEY }),
  })
}
