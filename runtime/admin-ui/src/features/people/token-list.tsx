// The tokens: who has them, what they may do, until when, and when each was last used.

import { Button, Group, Paper, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Token } from '../../../../../sdk/api/tokens.ts'
import { removeToken, tokensQuery, usersQuery } from '../../api/people.ts'
import { ACTIONS, DataTable } from '../../components/data-table.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { t, timeText } from '../../languages/text.ts'
import { AddToken } from './add-token.tsx'
import { RemoveButton } from './remove-button.tsx'
import { PermissionBadges } from './user-list.tsx'

export function TokenList() {
  const tokens = useQuery(tokensQuery)
  const [isAdding, setAdding] = useState(false)
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="tokens">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4" id="tokens">
          {t('Tokens')}
        </Title>
        <Button size="xs" onClick={() => setAdding(true)}>
          {t('Make a token')}
        </Button>
      </Group>
      <Text size="sm" c="dimmed" mb="xs">
        {t('A token signs in a browser or a program. Its secret is shown once, when it is made.')}
      </Text>
      {tokens.isError && <LoadError error={tokens.error} />}
      {tokens.data !== undefined && <Tokens tokens={tokens.data} />}
      {isAdding && <AddToken close={() => setAdding(false)} />}
    </Paper>
  )
}

function Tokens({ tokens }: { readonly tokens: readonly Token[] }) {
  const users = useQuery(usersQuery)
  const nameOf = (id: string | null) => users.data?.find((user) => user.id === id)?.name ?? '–'
  return (
    <DataTable
      minWidth={620}
      columns={[t('Name'), t('User'), t('Permissions'), t('Last used'), t('Expires'), ACTIONS]}
    >
      {tokens.map((token) => (
        <Table.Tr key={token.id}>
          <Table.Th scope="row">
            <bdi>{token.name}</bdi>
          </Table.Th>
          <Table.Td>{nameOf(token.userId)}</Table.Td>
          <Table.Td>
            <PermissionBadges permissions={token.permissions} />
          </Table.Td>
          <Table.Td>{token.lastUsedAt === null ? t('never') : timeText(token.lastUsedAt)}</Table.Td>
          <Table.Td>{token.expiresAt === null ? t('never') : timeText(token.expiresAt)}</Table.Td>
          <Table.Td ta="end">
            <RemoveButton
              words={t('Withdraw…')}
              label={t('Withdraw "{name}"', { name: token.name })}
              question={{
                title: t('Withdraw the token "{name}"?', { name: token.name }),
                text: t('Programs that use it and the sessions made from it end at once.'),
                answer: t('Withdraw'),
              }}
              done={t('The token "{name}" is withdrawn', { name: token.name })}
              remove={() => removeToken(token.id)}
            />
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  )
}
