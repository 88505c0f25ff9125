// The users: names that tokens and audit entries refer to.

import { Badge, Button, Group, Modal, Paper, Stack, Table, Text, TextInput, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import type { User } from '../../../../../sdk/api/users.ts'
import { addUser, PEOPLE_KEY, removeUser, usersQuery } from '../../api/people.ts'
import { ACTIONS, DataTable } from '../../components/data-table.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { showError, showSuccess } from '../../components/notify.ts'
import { t, timeText } from '../../languages/text.ts'
import { PermissionsField } from './permissions-field.tsx'
import { RemoveButton } from './remove-button.tsx'
import { SignInButtons } from './sign-in-buttons.tsx'

export function UserList() {
  const users = useQuery(usersQuery)
  const [isAdding, setAdding] = useState(false)
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="users">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4" id="users">
          {t('Users')}
        </Title>
        <Button size="xs" onClick={() => setAdding(true)}>
          {t('Add a user')}
        </Button>
      </Group>
      {users.isError && <LoadError error={users.error} />}
      {users.data?.length === 0 && <Text c="dimmed">{t('There are no users yet.')}</Text>}
      {users.data !== undefined && users.data.length > 0 && <Users users={users.data} />}
      {isAdding && <AddUser close={() => setAdding(false)} />}
    </Paper>
  )
}

function Users({ users }: { readonly users: readonly User[] }) {
  return (
    <DataTable minWidth={420} columns={[t('Name'), t('Permissions'), t('Since'), ACTIONS]}>
      {users.map((user) => (
        <Table.Tr key={user.id}>
          <Table.Th scope="row">
            <bdi>{user.name}</bdi>
            {user.disabled && (
              <Badge variant="light" color="red" tt="none" ms="xs">
                {t('disabled')}
              </Badge>
            )}
          </Table.Th>
          <Table.Td>
            <PermissionBadges permissions={user.permissions} />
          </Table.Td>
          <Table.Td>
            <Text size="sm">{timeText(user.createdAt)}</Text>
          </Table.Td>
          <Table.Td ta="end">
            <SignInButtons user={user} />
            <RemoveButton
              words={t('Remove…')}
              label={t('Remove "{name}"', { name: user.name })}
              question={{
                title: t('Remove "{name}"?', { name: user.name }),
                text: t('Their tokens and sessions end at once.'),
                answer: t('Remove'),
              }}
              done={t('"{name}" is removed', { name: user.name })}
              remove={() => removeUser(user.id)}
            />
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  )
}

export function PermissionBadges({ permissions }: { readonly permissions: readonly string[] }) {
  return (
    <Group gap={4}>
      {permissions.map((permission) => (
        <Badge key={permission} variant="light" color="gray" tt="none">
          {permission}
        </Badge>
      ))}
    </Group>
  )
}

function AddUser({ close }: { readonly close: () => void }) {
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [permissions, setPermissions] = useState<readonly string[]>([])
  const add = useMutation({
    mutationFn: () => addUser({ name: name.trim(), permissions: [...permissions] }),
    onSuccess: (user) => {
      showSuccess(t('"{name}" is added', { name: user.name }))
      close()
    },
    onError: showError,
    onSettled: () => client.invalidateQueries({ queryKey: PEOPLE_KEY }),
  })
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    add.mutate()
  }
  return (
    <Modal opened onClose={close} title={<Text fw={600}>{t('Add a user')}</Text>}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label={t('Name')}
            maxLength={100}
            required
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <PermissionsField value={permissions} change={setPermissions} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('Cancel')}
            </Button>
            <Button type="submit" disabled={name.trim() === ''} loading={add.isPending}>
              {t('Add')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
