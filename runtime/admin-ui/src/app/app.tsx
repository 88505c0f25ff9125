// Decides what is shown: sign-in, or the page of the route. Invariant: no page is mounted without a session.

import { Button, Center, Loader } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { Session, SignInRequest } from '../../../../sdk/api/session.ts'
import { asErrorDocument } from '../api/client.ts'
import { LiveContext, useLiveEvents } from '../api/live.ts'
import { sessionQuery, signIn, takeOneTimeCode } from '../api/session.ts'
import { Frame } from '../components/frame.tsx'
import { Message } from '../components/message.tsx'
import { ApplicationPage } from '../pages/application-page.tsx'
import { PluginPage } from '../pages/plugin-page.tsx'
import { PluginsPage } from '../pages/plugins-page.tsx'
import { SignInPage } from '../pages/sign-in-page.tsx'
import { TaskPage } from '../pages/task-page.tsx'
import { TasksPage } from '../pages/tasks-page.tsx'
import { UploadArea } from '../upload/upload-area.tsx'
import { pluginsHref, subscribe, useRoute } from './router.ts'

export function App({ code }: { readonly code: string | null }) {
  const client = useQueryClient()
  const enter = useMutation({
    mutationFn: (credential: SignInRequest) => signIn(credential),
    onSuccess: (session) => client.setQueryData(sessionQuery.queryKey, session),
  })
  const { mutate } = enter
  // The code works once: the effect's second run in development must not use it again.
  const unused = useRef(code)
  useEffect(() => {
    if (unused.current !== null) mutate({ code: unused.current })
    unused.current = null
    // Opening a sign-in link in a tab that already shows the page changes only the hash.
    return subscribe(() => {
      const next = takeOneTimeCode()
      if (next !== null) mutate({ code: next })
    })
  }, [mutate])

  const waitsForCode = code !== null && enter.isIdle
  const session = useQuery({ ...sessionQuery, enabled: !waitsForCode && !enter.isPending })
  if (session.data) return <SignedIn session={session.data} />
  if (enter.isPending && 'code' in enter.variables) return <Waiting />
  if (waitsForCode || session.isPending) return <Waiting />
  if (session.isError) return <Unreachable error={session.error} retry={() => void session.refetch()} />
  return (
    <SignInPage error={enter.error} credential={enter.variables} pending={enter.isPending} enter={mutate} />
  )
}

function SignedIn({ session }: { readonly session: Session }) {
  const live = useLiveEvents()
  return (
    <LiveContext value={live}>
      <UploadArea>
        <Frame session={session}>
          <CurrentPage />
        </Frame>
      </UploadArea>
    </LiveContext>
  )
}

function CurrentPage() {
  const route = useRoute()
  if (route.page === 'plugins') return <PluginsPage />
  if (route.page === 'application') return <ApplicationPage />
  if (route.page === 'tasks') return <TasksPage />
  if (route.page === 'task') return <TaskPage key={route.id} id={route.id} />
  if (route.page === 'plugin') return <PluginPage key={route.id} id={route.id} tab={route.tab} />
  return (
    <Message title="There is no such page" text="The address does not lead anywhere.">
      <Button component="a" href={pluginsHref()}>
        Show the plugins
      </Button>
    </Message>
  )
}

function Waiting() {
  return (
    <Center h="60vh">
      <Loader aria-label="Loading" />
    </Center>
  )
}

function Unreachable({ error, retry }: { readonly error: unknown; readonly retry: () => void }) {
  const { title, detail, hint } = asErrorDocument(error)
  return (
    <Message title={title} text={[detail, hint].filter(Boolean).join('. ')}>
      <Button onClick={retry}>Try again</Button>
    </Message>
  )
}
