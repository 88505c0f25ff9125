// Starts a task that a plugin declares, with arguments as JSON. The server decides whether they fit.

import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { asErrorDocument } from '../../api/client.ts'
import { useLive } from '../../api/live.ts'
import { pluginsQuery } from '../../api/plugins.ts'
import { releaseQuery } from '../../api/releases.ts'
import { scheduleTask, TASKS_KEY } from '../../api/tasks.ts'
import { go, taskHref } from '../../app/addresses.ts'
import { ErrorText } from '../../components/error-text.tsx'
import { t } from '../../languages/text.ts'
import { JsonField } from '../settings/json-field.tsx'

/** Open as long as it is mounted. */
export function StartTask({ close }: { readonly close: () => void }) {
  const client = useQueryClient()
  const plugins = useQuery(pluginsQuery(useLive()))
  const [id, setId] = useState<string | null>(null)
  const [name, setName] = useState<string | null>(null)
  const [args, setArgs] = useState<unknown>(null)
  const offered = (plugins.data ?? []).filter(({ permissions }) => permissions.tasks === true)
  const chosen = offered.find((plugin) => plugin.id === id)
  const start = useMutation({
    mutationFn: scheduleTask,
    onSuccess: ({ id: task }) => {
      void client.invalidateQueries({ queryKey: TASKS_KEY })
      close()
      go(taskHref(task))
    },
  })
  return (
    <Modal opened onClose={close} title={<Text fw={600}>{t('Start a task')}</Text>}>
      <Stack>
        <Select
          label={t('Plugin')}
          searchable
          data={offered.map((plugin) => ({ value: plugin.id, label: plugin.name }))}
          value={id}
          onChange={(value) => {
            setId(value)
            setName(null)
          }}
        />
        {chosen?.version && (
          <TaskNames plugin={chosen} version={chosen.version} value={name} choose={setName} />
        )}
        <JsonField
          label={t('Arguments')}
          description={t('As JSON, as the plugin expects them; empty for none')}
          error={null}
          disabled={name === null}
          name="arguments"
          value={args ?? undefined}
          change={setArgs}
        />
        {start.error && (
          <Text size="sm" c="red" component="div" role="alert">
            {asErrorDocument(start.error).title}
            <ErrorText document={asErrorDocument(start.error)} />
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('Cancel')}
          </Button>
          <Button
            disabled={id === null || name === null}
            loading={start.isPending}
            onClick={() => {
              if (id !== null && name !== null)
                start.mutate({ plugin: id, name, ...(args !== null && { args }) })
            }}
          >
            {t('Start it')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

interface TaskNamesProps {
  readonly plugin: Installation
  readonly version: string
  readonly value: string | null
  readonly choose: (name: string | null) => void
}

function TaskNames({ plugin, version, value, choose }: TaskNamesProps) {
  const release = useQuery(releaseQuery(plugin.id, version))
  const names = taskNames(release.data?.manifest)
  return (
    <Select
      label={t('Task')}
      data={names}
      value={value}
      onChange={choose}
      {...(release.isSuccess && names.length === 0 && { error: t('It declares no task.') })}
    />
  )
}

/** Of "contributes.tasks" of a manifest that was checked when it was installed. */
function taskNames(manifest: unknown): string[] {
  const { contributes } = (manifest ?? {}) as { contributes?: { tasks?: readonly { id?: unknown }[] } }
  return (contributes?.tasks ?? []).flatMap(({ id }) => (typeof id === 'string' ? [id] : []))
}
