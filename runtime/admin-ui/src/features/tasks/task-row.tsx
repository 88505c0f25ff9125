// One task in the list.

import { Anchor, Group, Paper, Text } from '@mantine/core'
import type { TaskView } from '../../../../../sdk/api/tasks.ts'
import { taskHref } from '../../app/addresses.ts'
import { t } from '../../languages/text.ts'
import { TaskButtons } from './task-buttons.tsx'
import { TaskSource } from './task-source.tsx'
import { TaskProgress, TaskStateBadge } from './task-state.tsx'
import { isOpen, repeatText, starterText, whenText } from './task-words.ts'

export function TaskRow({ task }: { readonly task: TaskView }) {
  const { id, plugin, name, key, state, repeat, startedBy, problem } = task
  const facts = [
    key,
    whenText(task),
    repeatText(repeat),
    t('started by {starter}', { starter: starterText(startedBy) }),
  ].filter((fact) => fact !== null && fact !== undefined && fact !== '')
  return (
    <Paper withBorder p="sm">
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <Anchor href={taskHref(id)} fw={600}>
            {name}
          </Anchor>
          <TaskSource plugin={plugin} dimmed />
          <TaskStateBadge state={state} />
        </Group>
        <TaskButtons task={task} />
      </Group>
      <Text size="sm" c="dimmed">
        {facts.join(' · ')}
      </Text>
      {isOpen(task) && <TaskProgress task={task} />}
      {problem !== null && (
        <Text size="sm" c="red" lineClamp={2}>
          {problem.message}
        </Text>
      )}
    </Paper>
  )
}
