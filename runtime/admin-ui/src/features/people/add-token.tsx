// Makes a token. Invariant: its secret lives in this dialog only, and is gone when that is closed.

import { Alert, Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import { addToken, PEOPLE_KEY, usersQuery } from '../../api/people.ts'
import { Copyable } from '../../components/copyable.tsx'
import { showError } from '../../components/notify.ts'
import { plural, t } from '../../languages/text.ts'
import { PermissionsField } from './permissions-field.tsx'

const DAY_MS = 86_400_000
const NEVER = 'never'
const DAYS = [1, 30, 365] as const

export function AddToken({ close }: { readonly close: () => void }) {
  const client = useQueryClient()
  const users = useQuery(usersQuery)
  const [name, setName] = useState('')
  const [permissions, setPermissions] = useState<readonly string[]>([])
  const [userId, setUserId] = useState<string | null>(null)
  const [days, setDays] = useState<string | null>('30')
  const make = useMutation({
    mutationFn: () =>
      addToken({
        name: name.trim(),
        permissions: [...permissions],
        ...(userId !== null && { userId }),
        ...(days !== null &&
          days !== NEVER && { expiresAt: new Date(Date.now() + Number(days) * DAY_MS).toISOString() }),
      }),
    onError: showError,
    onSettled: () => client.invalidateQueries({ queryKey: PEOPLE_KEY }),
  })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    make.mutate()
  }
  if (make.data !== undefined)
    return (
      <Modal opened onClose={close} title={<Text fw={600}>{t('The token "{name}"', { name })}</Text>}>
        <Stack>
          <Alert color="yellow">{t('Copy it now: it is not shown again.')}</Alert>
          <Copyable command={make.data.token} />
          <Group justify="flex-end">
            <Button onClick={close}>{t('Done')}</Button>
          </Group>
        </Stack>
      </Modal>
    )
  return (
    <Modal opened onClose={close} title={<Text fw={600}>{t('Make a token')}</Text>}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label={t('Name')}
            description={t('What it is for, such as "backup script"')}
            maxLength={100}
            required
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select
            label={t('User')}
            description={t('It has at most the permissions of its user')}
            placeholder={t('Nobody: it stands for itself')}
            clearable
            data={(users.data ?? []).map((user) => ({ value: user.id, label: user.name }))}
            value={userId}
            onChange={setUserId}
          />
          <PermissionsField value={permissions} change={setPermissions} />
          <Select
            label={t('Expires')}
            allowDeselect={false}
            data={[
              ...DAYS.map((count) => ({
                value: String(count),
                label: plural('in one day', 'in {count} days', { count }),
              })),
              { value: NEVER, label: t('never') },
            ]}
            value={days}
            onChange={setDays}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('Cancel')}
            </Button>
            <Button type="submit" disabled={name.trim() === ''} loading={make.isPending}>
              {t('Make it')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
