// Shows the page of the address. Invariant: no page is mounted for a user who lacks its permission.

import { Button, Center, Loader } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  useParams,
} from '@tanstack/react-router'
import { type ComponentType, lazy, Suspense } from 'react'
import { Message } from '../components/message.tsx'
import { NoSuchPage } from '../components/no-such-page.tsx'
import { t } from '../languages/text.ts'
import { type AppPage, PAGES, type PageProps } from './pages.ts'
import { useMay } from './session.ts'
import { Shell } from './shell.tsx'

export function createAppRouter() {
  const root = createRootRoute({ component: Shell })
  const routes = PAGES.map((page) =>
    createRoute({ getParentRoute: () => root, path: page.path, component: shown(page) }),
  )
  return createRouter({
    routeTree: root.addChildren(routes),
    history: createHashHistory(),
    // Only pages of plugins have a query, in a form of their own.
    parseSearch: (text) => (text === '' ? {} : { text }),
    stringifySearch: ({ text }) => (typeof text === 'string' ? text : ''),
    defaultNotFoundComponent: NoSuchPage,
    defaultErrorComponent: Broken,
    defaultPendingComponent: Loading,
    scrollRestoration: true,
  })
}

function shown(page: AppPage) {
  const Page = lazy(async () => {
    const [loaded] = await Promise.all([
      page.load(),
      page.path === '/' ? null : import('./control-styles.ts'),
    ])
    return { default: loaded }
  })
  return () => <Shown page={page} Page={Page} />
}

interface ShownProps {
  readonly page: AppPage
  readonly Page: ComponentType<PageProps>
}

function Shown({ page: { title, permission }, Page }: ShownProps) {
  const params = useParams({ strict: false }) as PageProps['params']
  const may = useMay()
  // A page may name what it shows, later.
  useDocumentTitle(`${title} · Plugbay`)
  if (may(permission))
    return (
      <Suspense fallback={<Loading />}>
        <Page params={params} />
      </Suspense>
    )
  return (
    <Message
      title={t('You may not see this page')}
      text={t('It needs the permission "{permission}". An administrator can give it to you.', { permission })}
    />
  )
}

export function Loading() {
  return (
    <Center h="50vh">
      <Loader aria-label={t('Loading')} />
    </Center>
  )
}

/** After an update of the server, the files of this version may be gone. */
function Broken({ error }: { readonly error: unknown }) {
  return (
    <Message title={t('This page could not be shown')} text={String(error)}>
      <Button onClick={() => location.reload()}>{t('Load it anew')}</Button>
    </Message>
  )
}
