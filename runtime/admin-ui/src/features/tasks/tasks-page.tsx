// The background tasks of all plugins: filtered, changed, and deleted when they have finished.

import { Button, Group, Select, Skeleton, Stack, Text, Title, Tooltip } from '@mantine/core'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useLive } from '../../api/live.ts'
import { pluginsQuery } from '../../api/plugins.ts'
import { deleteTasks, TASKS_KEY, type TaskFilter, tasksQuery } from '../../api/tasks.ts'
import { Icon } from '../../components/icons.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { MoreButton } from '../../components/more-button.tsx'
import { showError, showSuccess } from '../../components/notify.ts'
import { Only } from '../../components/only.tsx'
import { plural, t } from '../../languages/text.ts'
import { StartTask } from '../tasks/start-task.tsx'
import { TaskRow } from '../tasks/task-row.tsx'
import { TASK_STATES } from '../tasks/task-words.ts'

export function TasksPage() {
  const [filter, setFilter] = useState<TaskFilter>({ plugin: null, state: null })
  const tasks = useInfiniteQuery(tasksQuery(filter))
  const [isStarting, setStarting] = useState(false)
  const items = tasks.data?.pages.flatMap((page) => page.items)
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h2">
          {t('Tasks')}
        </Title>
        <Only permission="tasks.manage">
          <Group gap="xs">
            <Button leftSection={<Icon name="play" size={16} />} onClick={() => setStarting(true)}>
              {t('Start a task')}
            </Button>
            <DeleteButtons plugin={filter.plugin} />
          </Group>
        </Only>
      </Group>
      {isStarting && <StartTask close={() => setStarting(false)} />}
      <Filters filter={filter} change={setFilter} />
      {tasks.isError && items === undefined && <LoadError error={tasks.error} />}
      {tasks.isPending && <Skeleton h={80} radius="md" />}
      {items?.length === 0 && <Text c="dimmed">{t('There are no such tasks.')}</Text>}
      <Stack
        component="ul"
        gap="xs"
        m={0}
        p={0}
        aria-label={t('Background tasks')}
        style={{ listStyle: 'none' }}
      >
        {(items ?? []).map((task) => (
          <li key={task.id}>
            <TaskRow task={task} />
          </li>
        ))}
      </Stack>
      <MoreButton list={tasks} label={t('Show older tasks')} />
    </Stack>
  )
}

interface FiltersProps {
  readonly filter: TaskFilter
  readonly change: (filter: TaskFilter) => void
}

function Filters({ filter, change }: FiltersProps) {
  const plugins = useQuery(pluginsQuery(useLive()))
  const states = Object.entries(TASK_STATES).map(([value, { label }]) => ({ value, label }))
  return (
    <Group gap="xs">
      <Select
        flex="1 1 12rem"
        maw={320}
        aria-label={t('Plugin')}
        placeholder={t('Every plugin')}
        clearable
        searchable
        data={(plugins.data ?? []).map(({ id }) => id)}
        value={filter.plugin}
        onChange={(plugin) => change({ ...filter, plugin })}
      />
      <Select
        flex="1 1 12rem"
        maw={320}
        aria-label={t('State')}
        placeholder={t('Every state')}
        clearable
        data={states}
        value={filter.state}
        onChange={(state) => change({ ...filter, state: state as TaskFilter['state'] })}
      />
    </Group>
  )
}

const DELETIONS = [
  { kind: 'clean', label: t('Delete finished'), explains: t('All that have ended, with their logs') },
  {
    kind: 'sweep',
    label: t('Sweep'),
    explains: t('Deletes those that have ended, did nothing and had no warning'),
  },
] as const

function DeleteButtons({ plugin }: { readonly plugin: string | null }) {
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: (kind: 'clean' | 'sweep') => deleteTasks(kind, plugin),
    onSuccess: ({ deleted }) =>
      showSuccess(plural('One task is deleted', '{count} tasks are deleted', { count: deleted })),
    onError: showError,
    onSettled: () => client.invalidateQueries({ queryKey: TASKS_KEY }),
  })
  return (
    <Group gap="xs">
      {DELETIONS.map(({ kind, label, explains }) => (
        <Tooltip
          key={kind}
          label={plugin === null ? explains : t('{what}, of "{plugin}"', { what: explains, plugin })}
        >
          <Button
            variant="default"
            loading={remove.isPending && remove.variables === kind}
            onClick={() => remove.mutate(kind)}
          >
            {label}
          </Button>
        </Tooltip>
      ))}
    </Group>
  )
}
