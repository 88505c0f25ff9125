// People and programs that may use the server: users, and the tokens by which they and programs sign in.

import { Stack, Title } from '@mantine/core'
import { t } from '../../languages/text.ts'
import { TokenList } from './token-list.tsx'
import { UserList } from './user-list.tsx'

export function PeoplePage() {
  return (
    <Stack gap="lg">
      <Title order={1} size="h2">
        {t('People and tokens')}
      </Title>
      <UserList />
      <TokenList />
    </Stack>
  )
}
