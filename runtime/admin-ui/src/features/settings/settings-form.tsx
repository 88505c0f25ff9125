// The form over all settings of a plugin or of the application. Invariant: only changes are sent; input survives a refusal.

import { Alert, Button, Group, Paper, Stack } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import type { Settings } from '../../../../../sdk/api/settings.ts'
import { PLUGINS_KEY } from '../../api/plugins.ts'
import { showError, showSuccess } from '../../components/notify.ts'
import { Changeable } from '../../components/only.tsx'
import { ProblemList } from '../../components/problem-list.tsx'
import { t } from '../../languages/text.ts'
import { fieldErrors } from './field-errors.ts'
import { SettingField } from './setting-field.tsx'

export interface SettingsFormProps {
  readonly settings: Settings
  /** Resolves when the page shows what is stored. */
  readonly save: (values: Draft) => Promise<void>
}

type Draft = Readonly<Record<string, unknown>>

export function SettingsForm({ settings, save: store }: SettingsFormProps) {
  const [draft, setDraft] = useState<Draft>({})
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: (values: Draft) => store(values),
    onSuccess: (_, values) => {
      setDraft((now) =>
        Object.fromEntries(Object.entries(now).filter(([key]) => !Object.hasOwn(values, key))),
      )
      showSuccess(t('The settings are saved'))
    },
    onError: showError,
    // A plugin that waited for its settings may run now.
    onSettled: () => client.invalidateQueries({ queryKey: PLUGINS_KEY }),
  })
  const keys = Object.keys(settings)
  const errors = fieldErrors(save.error, keys)
  const change = (key: string, value: unknown) =>
    setDraft((now) =>
      Object.fromEntries(Object.entries({ ...now, [key]: value }).filter(([, v]) => v !== undefined)),
    )
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    save.mutate(draft)
  }
  const dirty = Object.keys(draft).length > 0
  return (
    <Paper withBorder p="md">
      <Changeable permission="plugins.manage">
        <form onSubmit={submit} noValidate>
          <Stack maw={620}>
            {Object.entries(settings).map(([key, view]) => (
              <SettingField
                key={key}
                name={key}
                view={view}
                draft={draft[key]}
                error={errors.byKey[key]}
                change={(value) => change(key, value)}
                reset={() => save.mutate({ [key]: null })}
              />
            ))}
            {errors.general.length > 0 && <ProblemList problems={errors.general} />}
            {save.isError && errors.general.length === 0 && (
              <Alert color="red" role="alert">
                {t('Nothing was saved.')}
              </Alert>
            )}
            <Group gap="xs" data-changes>
              <Button type="submit" disabled={!dirty} loading={save.isPending}>
                {t('Save')}
              </Button>
              <Button variant="default" disabled={!dirty} onClick={() => setDraft({})}>
                {t('Undo')}
              </Button>
            </Group>
          </Stack>
        </form>
      </Changeable>
    </Paper>
  )
}
