// How a user signs in: a link to set a password, and whether the user may sign in at all.
// Invariant: the secret of a link lives in this dialog only, and is gone when that is closed.

import { Alert, Button, Modal, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { PasswordLink, User } from '../../../../../sdk/api/users.ts'
import { changeUser, makePasswordLink, PEOPLE_KEY } from '../../api/people.ts'
import { Copyable } from '../../components/copyable.tsx'
import { showError, showSuccess } from '../../components/notify.ts'
import { t, timeText } from '../../languages/text.ts'

export function SignInButtons({ user }: { readonly user: User }) {
  const client = useQueryClient()
  const { id, name, disabled, hasPassword } = user
  const link = useMutation({ mutationFn: () => makePasswordLink(id), onError: showError })
  const change = useMutation({
    mutationFn: () => changeUser(id, { disabled: !disabled }),
    onSuccess: () => {
      const values = { name }
      showSuccess(
        disabled ? t('"{name}" can sign in again', values) : t('"{name}" is signed out and disabled', values),
      )
    },
    onError: showError,
    onSettled: () => client.invalidateQueries({ queryKey: PEOPLE_KEY }),
  })
  const invite = hasPassword ? t('Reset the password of "{name}"', { name }) : t('Invite "{name}"', { name })
  const toggle = disabled ? t('Enable "{name}"', { name }) : t('Disable "{name}"', { name })
  return (
    <>
      {!disabled && (
        <Button
          size="compact-sm"
          variant="subtle"
          aria-label={invite}
          loading={link.isPending}
          onClick={() => link.mutate()}
        >
          {hasPassword ? t('Reset password') : t('Invite')}
        </Button>
      )}
      <Button
        size="compact-sm"
        variant="subtle"
        aria-label={toggle}
        loading={change.isPending}
        onClick={() => change.mutate()}
      >
        {disabled ? t('Enable') : t('Disable')}
      </Button>
      {link.data !== undefined && (
        <Modal
          opened
          onClose={() => link.reset()}
          title={<Text fw={600}>{t('A link for "{name}"', { name })}</Text>}
        >
          <Stack>
            <Alert color="yellow">{t('Copy it now: it is not shown again.')}</Alert>
            <Copyable command={addressOf(link.data)} />
            <Text size="sm">
              {t('Whoever opens it first sets the password of "{name}". It works once, until {time}.', {
                name,
                time: timeText(link.data.expiresAt),
              })}
            </Text>
          </Stack>
        </Modal>
      )}
    </>
  )
}

/** Without a public address, the one by which this page was opened. */
function addressOf({ publicUrl, path }: PasswordLink): string {
  return (publicUrl ?? new URL('..', location.href).href.replace(/\/$/, '')) + path
}
