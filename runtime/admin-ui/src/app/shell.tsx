// The frame of every page: the navigation, what is live, colours and language, sign out.

import { Anchor, AppShell, Badge, Box, Burger, Button, Group, NavLink, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Outlet, useLocation } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useLive } from '../api/live.ts'
import { signOut } from '../api/session.ts'
import { Icon } from '../components/icons.tsx'
import { ColorSchemeMenu, LanguageMenu } from '../components/look-menus.tsx'
import { showError } from '../components/notify.ts'
import { UploadArea } from '../features/install/upload-area.tsx'
import { PageLinks } from '../features/pages/page-links.tsx'
import { t } from '../languages/text.ts'
import { PAGES } from './pages.ts'
import { leave } from './query-client.ts'
import { useMay, useSession } from './session.ts'

export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure()
  const { pathname } = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the navigation of a narrow screen
  useEffect(close, [pathname])
  return (
    <UploadArea>
      <button type="button" className="skip-link" onClick={() => document.getElementById('main')?.focus()}>
        {t('Skip to content')}
      </button>
      <AppShell
        header={{ height: 56 }}
        navbar={{ width: 230, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
        padding={{ base: 'sm', sm: 'lg' }}
      >
        <AppShell.Header>
          <Group h="100%" px="sm" justify="space-between" wrap="nowrap" gap="xs">
            <Group gap="xs" wrap="nowrap">
              <Burger
                opened={isOpen}
                onClick={toggle}
                hiddenFrom="sm"
                size="sm"
                aria-label={isOpen ? t('Close the navigation') : t('Open the navigation')}
              />
              <Brand />
            </Group>
            <Group gap={4} wrap="nowrap">
              <Connection />
              <LanguageMenu />
              <ColorSchemeMenu />
              <SignOutButton />
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="xs" aria-label={t('Pages')}>
          <AppShell.Section grow style={{ overflowY: 'auto' }}>
            <Navigation pathname={pathname} />
            <PageLinks pathname={pathname} />
          </AppShell.Section>
          <AppShell.Section>
            <SignedInAs />
          </AppShell.Section>
        </AppShell.Navbar>
        <AppShell.Main id="main" tabIndex={-1}>
          <div className="content">
            <Outlet />
          </div>
        </AppShell.Main>
      </AppShell>
    </UploadArea>
  )
}

function Brand() {
  return (
    <Anchor href="#/" underline="never" c="inherit">
      <Group gap={8} wrap="nowrap">
        <Text c="var(--mantine-primary-color-filled)" span display="flex">
          <Icon name="plug" size={26} />
        </Text>
        <Text fw={700} size="lg" span>
          Plugbay
        </Text>
      </Group>
    </Anchor>
  )
}

function Navigation({ pathname }: { readonly pathname: string }) {
  const may = useMay()
  return PAGES.map(
    ({ path, title, icon, permission }) =>
      icon !== undefined &&
      may(permission) && (
        <NavLink
          key={path}
          href={`#${addressOf(path)}`}
          label={title}
          leftSection={<Icon name={icon} />}
          active={isWithin(pathname, addressOf(path))}
          {...(isWithin(pathname, addressOf(path)) && { 'aria-current': 'page' as const })}
        />
      ),
  )
}

/** Without what may follow: a tab. */
function addressOf(path: string): string {
  return path.replace(/\/\{-\$\w+\}$/, '')
}

function isWithin(pathname: string, path: string): boolean {
  return path === '/' ? pathname === '/' : pathname === path || pathname.startsWith(`${path}/`)
}

function SignedInAs() {
  const { name } = useSession()
  return (
    <Text size="xs" c="dimmed" p="xs" truncate>
      {t('Signed in as "{name}"', { name })}
    </Text>
  )
}

function Connection() {
  const live = useLive()
  const may = useMay()
  if (live || !may('events.view')) return null
  return (
    <Badge
      variant="light"
      color="yellow"
      tt="none"
      className="appear-late"
      aria-label={t('Connecting…')}
      role="status"
      title={t('Changes are asked for every few seconds until the live connection is back')}
    >
      <Box component="span" visibleFrom="sm">
        {t('Connecting…')}
      </Box>
      <Box component="span" hiddenFrom="sm" aria-hidden>
        …
      </Box>
    </Badge>
  )
}

function SignOutButton() {
  const client = useQueryClient()
  const out = useMutation({ mutationFn: signOut, onSuccess: () => leave(client), onError: showError })
  return (
    <Button
      variant="subtle"
      color="gray"
      px="xs"
      aria-label={t('Sign out')}
      loading={out.isPending}
      onClick={() => out.mutate()}
    >
      <Icon name="signOut" size={16} />
      {/* A narrow header has no room for the word in every language. */}
      <Box component="span" visibleFrom="sm" ms={8}>
        {t('Sign out')}
      </Box>
    </Button>
  )
}
