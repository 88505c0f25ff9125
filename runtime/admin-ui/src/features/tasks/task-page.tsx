// One background task: its state and progress, what it was given and has given back, and its log, live.

import {
  Alert,
  Anchor,
  Button,
  Code,
  Group,
  Paper,
  Select,
  Skeleton,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { TaskLogLevel, TaskView } from '../../../../../sdk/api/tasks.ts'
import { setTaskLevel } from '../../api/tasks.ts'
import { tasksHref } from '../../app/addresses.ts'
import type { PageProps } from '../../app/pages.ts'
import { Message } from '../../components/message.tsx'
import { showError } from '../../components/notify.ts'
import { Only } from '../../components/only.tsx'
import { t, timeText } from '../../languages/text.ts'
import { LogView } from '../log/log-view.tsx'
import { TaskButtons } from '../tasks/task-buttons.tsx'
import { TaskSource } from '../tasks/task-source.tsx'
import { TaskProgress, TaskStateBadge } from '../tasks/task-state.tsx'
import { repeatText, starterText } from '../tasks/task-words.ts'
import { useTask } from '../tasks/use-task.ts'

const LEVELS: readonly TaskLogLevel[] = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL']

export function TaskPage({ params: { id = '' } }: PageProps) {
  return <Task key={id} id={id} />
}

function Task({ id }: { readonly id: string }) {
  const { task, lines, connected, error } = useTask(id)
  useDocumentTitle(`${task?.name ?? t('Task')} · Plugbay`)
  if (error !== undefined)
    return (
      <Message title={error.title} text={error.hint ?? ''}>
        <Button component="a" href={tasksHref()}>
          {t('Show the tasks')}
        </Button>
      </Message>
    )
  if (task === undefined) return <Skeleton h={160} radius="md" />
  const shown = lines.map(({ number, time, level, text }) => ({
    ...{ seq: number, time, message: text },
    level: level.toLowerCase(),
  }))
  return (
    <Stack>
      <Anchor href={tasksHref()} size="sm">
        {t('All tasks')}
      </Anchor>
      <Group justify="space-between">
        <Group gap="sm">
          <Title order={1} size="h2">
            {task.name}
          </Title>
          <TaskStateBadge state={task.state} />
        </Group>
        <TaskButtons task={task} />
      </Group>
      <TaskProgress task={task} />
      {task.problem !== null && (
        <Alert color={task.state === 'failed' ? 'red' : 'yellow'} title={task.problem.code}>
          {task.problem.message}
        </Alert>
      )}
      <Facts task={task} />
      <Group justify="space-between">
        <Title order={2} size="h4">
          {t('Log')}
        </Title>
        <Group gap="sm">
          <Text size="xs" c="dimmed" role="status">
            {connected ? t('Live') : t('Connecting…')}
          </Text>
          <Only permission="tasks.manage">
            <Level task={task} />
          </Only>
        </Group>
      </Group>
      <Paper withBorder style={{ overflow: 'hidden' }}>
        {shown.length > 0 ? (
          <LogView lines={shown} follow />
        ) : (
          <Text c="dimmed" ta="center" p="xl">
            {t('Nothing was logged yet')}
          </Text>
        )}
      </Paper>
    </Stack>
  )
}

function Level({ task }: { readonly task: TaskView }) {
  const change = useMutation({
    mutationFn: (level: TaskLogLevel) => setTaskLevel(task.id, level),
    onError: showError,
  })
  return (
    <Select
      size="xs"
      w={130}
      aria-label={t('Lines are kept from this level on')}
      allowDeselect={false}
      data={[...LEVELS]}
      value={change.isPending ? change.variables : task.level}
      onChange={(level) => level !== null && change.mutate(level as TaskLogLevel)}
    />
  )
}

function Facts({ task }: { readonly task: TaskView }) {
  const { plugin, key, queue, priority, weight, exclusive, attempts, maxAttempts, args, result } = task
  const facts: readonly (readonly [name: string, value: ReactNode])[] = [
    [t('Plugin'), <TaskSource key="plugin" plugin={plugin} />],
    [t('Started by'), starterText(task.startedBy)],
    [
      t('Action'),
      task.action && t('{action}, on "{context}"', { action: task.action.id, context: task.action.context }),
    ],
    [t('Key'), key],
    [t('Planned for'), timeText(task.scheduledFor)],
    [t('Repeated'), repeatText(task.repeat)],
    [t('Began'), task.startedAt && timeText(task.startedAt)],
    [t('Ended'), task.finishedAt && timeText(task.finishedAt)],
    [t('Failed attempts'), t('{attempts} of {maxAttempts}', { attempts, maxAttempts })],
    [
      t('Queue'),
      exclusive
        ? t('{queue}, priority {priority}, alone', { queue, priority })
        : t('{queue}, priority {priority}, weight {weight}', { queue, priority, weight }),
    ],
    [t('Arguments'), args === null ? null : <Json key="args" value={args} />],
    [t('Result'), result === null ? null : <Json key="result" value={result} />],
  ]
  return (
    <Paper withBorder p="xs">
      <Table withRowBorders={false} verticalSpacing={3}>
        <Table.Tbody>
          {facts
            .filter(([, value]) => value !== null && value !== undefined)
            .map(([name, value]) => (
              <Table.Tr key={name}>
                <Table.Th w={160} fw={400} c="dimmed">
                  {name}
                </Table.Th>
                <Table.Td>{value}</Table.Td>
              </Table.Tr>
            ))}
        </Table.Tbody>
      </Table>
    </Paper>
  )
}

function Json({ value }: { readonly value: unknown }) {
  return (
    <Code block mah={240} style={{ overflow: 'auto' }}>
      {JSON.stringify(value, undefined, 2)}
    </Code>
  )
}
