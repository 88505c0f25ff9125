// The frame of every page: name, the application, light and dark, sign out.

import {
  ActionIcon,
  Anchor,
  Badge,
  Button,
  Container,
  Group,
  Menu,
  Text,
  Tooltip,
  useMantineColorScheme,
} from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Session } from '../../../../sdk/api/session.ts'
import { useLive } from '../api/live.ts'
import { signOut } from '../api/session.ts'
import { leave } from '../app/query-client.ts'
import { applicationHref, pluginsHref, tasksHref } from '../app/router.ts'
import { Icon } from './icons.tsx'
import { showError } from './notify.ts'

export function Frame({ session, children }: { readonly session: Session; readonly children: ReactNode }) {
  return (
    <>
      <button type="button" className="skip-link" onClick={() => document.getElementById('main')?.focus()}>
        Skip to content
      </button>
      <header>
        <Container size="lg" py="sm">
          <Group justify="space-between" gap="xs">
            <Anchor href={pluginsHref()} underline="never" c="inherit">
              <Group gap="xs" wrap="nowrap">
                <Text c="var(--mantine-primary-color-filled)" span display="flex">
                  <Icon name="plug" size={26} />
                </Text>
                <Text fw={700} size="lg">
                  Plugbay
                </Text>
              </Group>
            </Anchor>
            <Group gap="xs">
              <Connection />
              <Button component="a" href={tasksHref()} variant="subtle" color="gray">
                Tasks
              </Button>
              <Button component="a" href={applicationHref()} variant="subtle" color="gray">
                Application
              </Button>
              <ColorSchemeMenu />
              <SignOutButton session={session} />
            </Group>
          </Group>
        </Container>
      </header>
      <Container size="lg" pb="xl" component="main" id="main" tabIndex={-1} style={{ outline: 'none' }}>
        {children}
      </Container>
    </>
  )
}

function Connection() {
  const live = useLive()
  if (live) return null
  return (
    <Tooltip label="Changes are asked for every few seconds until the live connection is back">
      <Badge variant="light" color="yellow" tt="none" className="appear-late">
        Connecting…
      </Badge>
    </Tooltip>
  )
}

export function ColorSchemeMenu() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const choices = [
    { value: 'light', label: 'Light', icon: 'sun' },
    { value: 'dark', label: 'Dark', icon: 'moon' },
    { value: 'auto', label: 'As the system', icon: 'auto' },
  ] as const
  const current = choices.find((choice) => choice.value === colorScheme) ?? choices[2]
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Colours: ${current.label}`}>
          <Icon name={current.icon} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map((choice) => (
          <Menu.Item
            key={choice.value}
            leftSection={<Icon name={choice.icon} size={16} />}
            rightSection={choice.value === colorScheme ? <Icon name="check" size={16} /> : null}
            onClick={() => setColorScheme(choice.value)}
          >
            {choice.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

function SignOutButton({ session }: { readonly session: Session }) {
  const client = useQueryClient()
  const out = useMutation({ mutationFn: signOut, onSuccess: () => leave(client), onError: showError })
  return (
    <Tooltip label={`Signed in as "${session.name}"`}>
      <Button
        variant="subtle"
        color="gray"
        leftSection={<Icon name="signOut" size={16} />}
        loading={out.isPending}
        onClick={() => out.mutate()}
      >
        Sign out
      </Button>
    </Tooltip>
  )
}
