// Decides what is shown: sign-in, or the page of the route. Invariant: no page is mounted without a session.

import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import type { Session, SignInRequest } from '../../../../sdk/api/session.ts'
import { holds } from '../../../../sdk/permissions/permission-strings.ts'
import { asErrorDocument } from '../api/client.ts'
import { LiveContext, useLiveEvents } from '../api/live.ts'
import { sessionQuery, signIn, takeOneTimeCode } from '../api/session.ts'
import { Message } from '../components/message.tsx'
import { t } from '../languages/text.ts'
import { createAppRouter, Loading } from './router.tsx'
import { SessionContext } from './session.ts'

const SignInPage = lazy(async () => {
  const [{ SignInPage }] = await Promise.all([
    import('../features/sign-in/sign-in-page.tsx'),
    import('./control-styles.ts'),
  ])
  return { default: SignInPage }
})

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
    const takeNext = () => {
      const next = takeOneTimeCode()
      if (next !== null) mutate({ code: next })
    }
    addEventListener('hashchange', takeNext)
    return () => removeEventListener('hashchange', takeNext)
  }, [mutate])

  const waitsForCode = code !== null && enter.isIdle
  const session = useQuery({ ...sessionQuery, enabled: !waitsForCode && !enter.isPending })
  if (session.data) return <SignedIn session={session.data} />
  if (enter.isPending && 'code' in enter.variables) return <Loading />
  if (waitsForCode || session.isPending) return <Loading />
  if (session.isError) return <Unreachable error={session.error} retry={() => void session.refetch()} />
  return (
    <Suspense fallback={<Loading />}>
      <SignInPage error={enter.error} credential={enter.variables} pending={enter.isPending} enter={mutate} />
    </Suspense>
  )
}

function SignedIn({ session }: { readonly session: Session }) {
  const may = holds(session.permissions, 'events.view')
  const live = useLiveEvents(may)
  const [router] = useState(createAppRouter)
  return (
    <SessionContext value={session}>
      <LiveContext value={live}>
        <RouterProvider router={router} />
      </LiveContext>
    </SessionContext>
  )
}

function Unreachable({ error, retry }: { readonly error: unknown; readonly retry: () => void }) {
  const { title, detail, hint } = asErrorDocument(error)
  return (
    <Message title={title} text={[detail, hint].filter(Boolean).join('. ')}>
      <Button onClick={retry}>{t('Try again')}</Button>
    </Message>
  )
}
