// One value: seen, changed, deleted. A value that the plugin has changed meanwhile is not overwritten.

import { Button, Group, Modal, Skeleton, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { StoredValue } from '../../../../../sdk/api/storage.ts'
import { putValue, removeStored, storageKey, valueQuery } from '../../api/storage.ts'
import { LoadError } from '../../components/load-error.tsx'
import { showError, showSuccess } from '../../components/notify.ts'
import { t } from '../../languages/text.ts'
import { bytes } from '../plugin/usage-rows.ts'

export interface ValueDialogProps {
  readonly id: string
  /** The key; "" to make one. */
  readonly name: string
  readonly close: () => void
}

/** Open as long as it is mounted. */
export function ValueDialog({ id, name, close }: ValueDialogProps) {
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={
        <Text fw={600} className="long-value">
          {name === '' ? t('New key') : <bdi>{name}</bdi>}
        </Text>
      }
    >
      {name === '' ? (
        <Editor id={id} value={null} close={close} />
      ) : (
        <Existing id={id} name={name} close={close} />
      )}
    </Modal>
  )
}

function Existing({ id, name, close }: ValueDialogProps) {
  const value = useQuery(valueQuery(id, name))
  if (value.isPending) return <Skeleton h={120} />
  if (value.data === undefined) return <LoadError error={value.error} />
  return <Editor id={id} value={value.data} close={close} />
}

interface EditorProps {
  readonly id: string
  /** null for a key that is new. */
  readonly value: StoredValue | null
  readonly close: () => void
}

function Editor({ id, value, close }: EditorProps) {
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [text, setText] = useState(value?.text ?? '')
  const key = value?.key ?? name
  const done = async (sentence: string) => {
    close()
    await client.invalidateQueries({ queryKey: storageKey(id) })
    showSuccess(sentence)
  }
  const save = useMutation({
    mutationFn: () => putValue(id, { key, text, version: value?.version ?? null }),
    onSuccess: () => done(t('"{key}" is stored', { key })),
    onError: showError,
  })
  const remove = useMutation({
    mutationFn: () => removeStored(id, 'value', key),
    onSuccess: () => done(t('"{key}" is deleted', { key })),
    onError: showError,
  })
  const isBytes = value !== null && value.text === null
  return (
    <Stack>
      {value === null && (
        <TextInput label={t('Key')} value={name} onChange={(event) => setName(event.currentTarget.value)} />
      )}
      {isBytes ? (
        <Text size="sm">{t('{size} that are no text', { size: bytes(value.bytes) })}</Text>
      ) : (
        <Textarea
          label={t('Value')}
          autosize
          minRows={4}
          maxRows={18}
          dir="auto"
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      )}
      <Group justify="space-between">
        {value === null ? (
          <span />
        ) : (
          <Button variant="subtle" color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
            {t('Delete')}
          </Button>
        )}
        {!isBytes && (
          <Button disabled={key === ''} loading={save.isPending} onClick={() => save.mutate()}>
            {t('Store')}
          </Button>
        )}
      </Group>
    </Stack>
  )
}
