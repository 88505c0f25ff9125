// What can be done with a task in its state: cancel, run now, promote, retry.

import { Button, Group, Tooltip } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { TaskView } from '../../../../../sdk/api/tasks.ts'
import { TASKS_KEY, type TaskCommand, taskCommand } from '../../api/tasks.ts'
import { showError, showSuccess } from '../../components/notify.ts'
import { Only } from '../../components/only.tsx'
import { t } from '../../languages/text.ts'
import { isOpen, sourceText } from './task-words.ts'

interface Offer {
  readonly command: TaskCommand
  readonly label: string
  readonly explains: string
  readonly says: string
  readonly fits: (task: TaskView) => boolean
}

const OFFERS: readonly Offer[] = [
  {
    command: 'run',
    label: t('Run now'),
    explains: t('Instead of at its time'),
    says: t('The task is due now'),
    fits: ({ state }) => state === 'waiting',
  },
  {
    command: 'promote',
    label: t('Promote'),
    explains: t('Before all others of its plugin that are due'),
    says: t('The task is the first of its plugin'),
    fits: ({ state, priority }) => state === 'waiting' && priority > 0,
  },
  {
    command: 'cancel',
    label: t('Cancel'),
    explains: t('At once when it waits, by its signal when it runs; repetitions end with it'),
    says: t('The task is cancelled'),
    fits: (task) => isOpen(task) && task.state !== 'cancelling',
  },
  {
    command: 'retry',
    label: t('Retry'),
    explains: t('Runs it again, once'),
    says: t('The task runs again'),
    // The server's own are asked for where they belong.
    fits: (task) => !isOpen(task) && task.plugin !== null,
  },
]

export function TaskButtons({ task }: { readonly task: TaskView }) {
  const client = useQueryClient()
  const change = useMutation({
    mutationFn: ({ command }: Offer) => taskCommand(task.id, command),
    onSuccess: (_, { says }) => showSuccess(says),
    onError: showError,
    onSettled: () => client.invalidateQueries({ queryKey: TASKS_KEY }),
  })
  return (
    <Only permission="tasks.manage">
      <Group gap="xs">
        {OFFERS.filter(({ fits }) => fits(task)).map((offer) => (
          <Tooltip key={offer.command} label={offer.explains}>
            <Button
              size="compact-sm"
              variant="default"
              aria-label={t('{command} "{name}" of {source}', {
                command: offer.label,
                name: task.name,
                source: task.plugin === null ? sourceText(task) : `"${task.plugin}"`,
              })}
              loading={change.isPending && change.variables === offer}
              onClick={() => change.mutate(offer)}
            >
              {offer.label}
            </Button>
          </Tooltip>
        ))}
      </Group>
    </Only>
  )
}
