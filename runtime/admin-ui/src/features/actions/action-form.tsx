// The form of one action. Invariant: the server decides: it checks the arguments, then the plugin does, and each refusal stands at its field.

import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import type { Action, ActionAnswer } from '../../../../../sdk/api/actions.ts'
import { type Arguments, runAction } from '../../api/actions.ts'
import { asErrorDocument } from '../../api/client.ts'
import { TASKS_KEY } from '../../api/tasks.ts'
import { taskHref } from '../../app/addresses.ts'
import { ErrorText } from '../../components/error-text.tsx'
import { ProblemList } from '../../components/problem-list.tsx'
import { t } from '../../languages/text.ts'
import { fieldErrors } from '../settings/field-errors.ts'
import { SettingField } from '../settings/setting-field.tsx'
import { argumentFields } from './argument-fields.ts'

export function ActionForm({ action }: { readonly action: Action }) {
  const client = useQueryClient()
  const [draft, setDraft] = useState<Arguments>({})
  const [showsAll, setShowsAll] = useState(false)
  const run = useMutation({
    mutationFn: (args: Arguments) => runAction(action, args),
    onSuccess: () => {
      const emptied = fields.filter(({ isCleared }) => isCleared).map(({ key }) => key)
      setDraft((now) => Object.fromEntries(Object.entries(now).filter(([key]) => !emptied.includes(key))))
    },
    onSettled: () => client.invalidateQueries({ queryKey: TASKS_KEY }),
  })
  const fields = argumentFields(action.arguments)
  const errors = fieldErrors(
    run.error,
    fields.map(({ key }) => key),
  )
  const shown = fields.filter(({ key, isAdvanced }) => !isAdvanced || showsAll || errors.byKey[key])
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    run.mutate(draft)
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack maw={620} mt="sm">
        {shown.map(({ key, view }) => (
          <SettingField
            key={key}
            name={key}
            view={view}
            draft={draft[key]}
            error={errors.byKey[key]}
            change={(value) => setDraft((now) => ({ ...now, [key]: value }))}
            reset={() => undefined}
          />
        ))}
        {run.isError && <Refused error={run.error} isAtFields={Object.keys(errors.byKey).length > 0} />}
        {errors.general.length > 0 && <ProblemList problems={errors.general} />}
        {run.data !== undefined && <Outcome answer={run.data} />}
        <Group gap="xs">
          <Button type="submit" disabled={!action.ready} loading={run.isPending}>
            {t('Run')}
          </Button>
          {fields.some(({ isAdvanced }) => isAdvanced) && (
            <Button variant="subtle" aria-pressed={showsAll} onClick={() => setShowsAll(!showsAll)}>
              {showsAll ? t('Fewer options') : t('More options')}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  )
}

function Refused({ error, isAtFields }: { readonly error: unknown; readonly isAtFields: boolean }) {
  const document = asErrorDocument(error)
  return (
    <Alert color="red" role="alert" title={document.title}>
      <ErrorText document={isAtFields ? { ...document, problems: [] } : document} />
    </Alert>
  )
}

function Outcome({ answer: { message, added, skipped } }: { readonly answer: ActionAnswer }) {
  return (
    <Alert color="teal" role="status" title={message ?? t('It is done')}>
      {added.map(({ id, name }) => (
        <Text size="sm" key={id}>
          <Anchor href={taskHref(id)}>{name}</Anchor>
        </Text>
      ))}
      {skipped.length > 0 && (
        <Text size="sm">
          {t('Left out, since the same waits or runs already: {names}', {
            names: skipped.map(({ name }) => name).join(', '),
          })}
        </Text>
      )}
    </Alert>
  )
}
