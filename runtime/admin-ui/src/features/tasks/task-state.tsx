// The state of a task as a word and a colour, and how far it has come.

import { Badge, Box, Loader, Progress, Text } from '@mantine/core'
import type { TaskView } from '../../../../../sdk/api/tasks.ts'
import { t } from '../../languages/text.ts'
import { progressText, TASK_STATES } from './task-words.ts'

export function TaskStateBadge({ state }: { readonly state: TaskView['state'] }) {
  // A newer server may have states that this page does not know.
  const { label, color } = TASK_STATES[state] ?? { label: state, color: 'gray' }
  return (
    <Badge
      variant="light"
      color={color}
      tt="none"
      data-state={state}
      leftSection={state === 'running' ? <Loader size={10} color={color} /> : undefined}
    >
      {label}
    </Badge>
  )
}

export function TaskProgress({ task }: { readonly task: TaskView }) {
  const { progress, name } = task
  if (progress === null) return null
  return (
    <Box maw={420}>
      <Progress
        value={progress.fraction * 100}
        aria-label={t('Progress of "{name}"', { name })}
        animated={task.state === 'running'}
      />
      {progress.part !== null && (
        <Progress
          mt={3}
          size={4}
          color="gray"
          value={progress.part * 100}
          aria-label={t('Progress of the part of "{name}"', { name })}
        />
      )}
      <Text size="sm" c="dimmed" mt={2}>
        {progressText(task)}
      </Text>
    </Box>
  )
}
