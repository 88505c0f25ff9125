// Sets one value for templates. A secret is typed unseen.

import { Button, Group, Modal, PasswordInput, Stack, Text, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Value } from '../../../../../sdk/api/values.ts'
import { asErrorDocument } from '../../api/client.ts'
import { changeValues, DEPLOYMENT_KEY } from '../../api/deployment.ts'
import { ErrorText } from '../../components/error-text.tsx'
import { showSuccess } from '../../components/notify.ts'
import { t } from '../../languages/text.ts'

export interface SetValueProps {
  readonly name: string
  readonly isSecret: boolean
  readonly value: Value
  readonly close: () => void
}

/** Open as long as it is mounted. */
export function SetValue({ name, isSecret, value: { value, template }, close }: SetValueProps) {
  const client = useQueryClient()
  const [text, setText] = useState(isSecret ? '' : shownText(template ?? value))
  const save = useMutation({
    mutationFn: () => changeValues({ set: { [name]: isSecret ? text : meantValue(text) } }),
    onSuccess: () => {
      showSuccess(t('"{name}" is set', { name }))
      close()
    },
    onSettled: () => client.invalidateQueries({ queryKey: DEPLOYMENT_KEY }),
  })
  return (
    <Modal opened onClose={close} title={<Text fw={600}>{t('Set "{name}"', { name })}</Text>}>
      <Stack>
        {isSecret ? (
          <PasswordInput
            label={t('Value')}
            autoComplete="off"
            data-autofocus
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        ) : (
          <Textarea
            label={t('Value')}
            description={t('JSON where it is some: 8080 is a number, "8080" a text. Anything else is text.')}
            autosize
            minRows={2}
            dir="ltr"
            spellCheck={false}
            data-autofocus
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
        {save.error && (
          <Text size="sm" c="red" component="div" role="alert">
            {asErrorDocument(save.error).title}
            <ErrorText document={asErrorDocument(save.error)} />
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('Cancel')}
          </Button>
          <Button loading={save.isPending} onClick={() => save.mutate()}>
            {t('Save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

/** So that meantValue() gives the same again. */
function shownText(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'string' && meantValue(value) === value
    ? value
    : JSON.stringify(value, undefined, 2)
}

function meantValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
