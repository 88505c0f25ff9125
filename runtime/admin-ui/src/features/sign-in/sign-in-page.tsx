// Sign-in with a token. Invariant: the token goes into the request body only, never into a URL or storage.

import {
  Alert,
  Anchor,
  Button,
  Center,
  Code,
  Group,
  List,
  Paper,
  PasswordInput,
  Stack,
  Text,
  Title,
} from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import type { SignInRequest } from '../../../../../sdk/api/session.ts'
import { asErrorDocument } from '../../api/client.ts'
import { signInPageQuery } from '../../api/session.ts'
import { Icon } from '../../components/icons.tsx'
import { ColorSchemeMenu, LanguageMenu } from '../../components/look-menus.tsx'
import { RichText } from '../../languages/rich-text.tsx'
import { t } from '../../languages/text.ts'

/** The sign-in page of the server, which an embedding application does not have. */
const SIGN_IN = '../sign-in?to='
/** Of the server's data folder. */
const TOKEN_FILE = 'admin-token'

export interface SignInPageProps {
  readonly error: Error | null
  readonly credential: SignInRequest | undefined
  readonly pending: boolean
  readonly enter: (credential: SignInRequest) => void
}

export function SignInPage({ error, credential, pending, enter }: SignInPageProps) {
  const [token, setToken] = useState('')
  const people = useQuery(signInPageQuery)
  useDocumentTitle('Sign in · Plugbay')
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (token.trim() !== '') enter({ token: token.trim() })
  }
  return (
    <Center mih="90vh" p="md" component="main">
      <Paper withBorder p="xl" w="100%" maw={440}>
        <form onSubmit={submit}>
          <Stack>
            <Group justify="space-between">
              <Group gap="xs">
                <Icon name="plug" size={26} />
                <Title order={1} size="h3">
                  {t('Sign in to Plugbay')}
                </Title>
              </Group>
              <Group gap={4} wrap="nowrap">
                <LanguageMenu />
                <ColorSchemeMenu />
              </Group>
            </Group>
            {error && <Refused error={error} byCode={credential !== undefined && 'code' in credential} />}
            <PasswordInput
              label={t('Access token')}
              description={t('Starts with pbt_')}
              autoComplete="current-password"
              autoFocus
              value={token}
              onChange={(event) => setToken(event.currentTarget.value)}
            />
            <Button type="submit" loading={pending} disabled={token.trim() === ''}>
              {t('Sign in')}
            </Button>
            {people.data === true && (
              <Anchor href={SIGN_IN + location.pathname} size="sm">
                {t('Sign in with a name and password')}
              </Anchor>
            )}
            <Text size="sm" c="dimmed">
              {t('Where to find one:')}
            </Text>
            <List size="sm" c="dimmed" spacing={4}>
              <List.Item>{t('The server prints a sign-in link each time it starts.')}</List.Item>
              <List.Item>
                <RichText
                  text="The administrator's token is in the file {file} of the data folder."
                  parts={{ file: <Code>{TOKEN_FILE}</Code> }}
                />
              </List.Item>
            </List>
          </Stack>
        </form>
      </Paper>
    </Center>
  )
}

function Refused({ error, byCode }: { readonly error: Error; readonly byCode: boolean }) {
  const { title, detail, hint, status } = asErrorDocument(error)
  if (status === 401 || (byCode && status >= 400 && status < 500 && status !== 429))
    return (
      <Alert
        color="red"
        icon={<Icon name="warning" />}
        title={byCode ? t('The sign-in link no longer works') : t('This token is not valid')}
      >
        {byCode
          ? t('A link works once, for ten minutes. Use the token, or restart the server for a new link.')
          : t('It may be mistyped, withdrawn or expired.')}
      </Alert>
    )
  return (
    <Alert color="red" icon={<Icon name="warning" />} title={title}>
      {[detail, hint].filter((text) => text && text !== title).join('. ')}
    </Alert>
  )
}
