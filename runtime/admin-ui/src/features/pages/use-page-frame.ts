// The frame of a plugin's page in the shell: it follows the address, and the address follows it.
// Invariant: a page leads to its own pages, and to those of the shell that have a name.

import { useComputedColorScheme } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useLocation, useRouter } from '@tanstack/react-router'
import { type RefObject, useEffect, useRef, useState } from 'react'
import type { PluginPage } from '../../../../../sdk/api/pages.ts'
import type { NoticeKind, Question, ShellFacts, ShellPage } from '../../../../../sdk/client/shell-messages.ts'
import { createBudget } from '../../../../../sdk/host-page/budget.ts'
import {
  type FrameShell,
  type FrameState,
  type PageFrame,
  pageFrame,
} from '../../../../../sdk/host-page/page-frame.ts'
import { newPageToken } from '../../api/pages.ts'
import { go, pageHref, pagePathOf, pluginHref, tasksHref } from '../../app/addresses.ts'
import { useSession } from '../../app/session.ts'
import { direction, language } from '../../languages/text.ts'
import { pageStore } from './page-storage.ts'

export interface PageQuestion {
  readonly text: string
  readonly label: string | null
  readonly danger: boolean
  readonly decide: (isConfirmed: boolean) => void
}

export interface ShownFrame {
  readonly place: RefObject<HTMLDivElement | null>
  readonly state: FrameState
  readonly title: string
  /** What the page asks the reader now. */
  readonly question: PageQuestion | null
}

/** Pixels. What is taller scrolls inside of its frame. */
const MAX_HEIGHT = 20_000
const NOTICES = { burst: 5, perSecond: 0.2 }
const NOTICE_COLORS: Readonly<Record<NoticeKind, string>> = {
  info: 'blue',
  success: 'teal',
  warning: 'yellow',
  error: 'red',
}

/** One frame for each mount of the component. */
export function usePageFrame(page: PluginPage): ShownFrame {
  const { history } = useRouter()
  const { href } = useLocation()
  const { name: user } = useSession()
  const scheme = useComputedColorScheme('light')
  const place = useRef<HTMLDivElement>(null)
  const frame = useRef<PageFrame>(null)
  const [state, setState] = useState<FrameState>('loading')
  const [title, setTitle] = useState('')
  const [question, setQuestion] = useState<PageQuestion | null>(null)
  const facts: ShellFacts = { scheme, language, dir: direction, user }
  const first = useRef({ page, facts })

  useEffect(() => {
    const { page: shown, facts: given } = first.current
    const { current: element } = place
    if (element === null) return
    const store = pageStore(shown)
    const notices = createBudget(NOTICES)
    let isAsking = false
    const goTo = (path: string, push: boolean) =>
      history[push ? 'push' : 'replace'](pageHref(shown.plugin, path).slice(1))
    const ask = (asked: Extract<Question, { readonly ask: 'confirm' }>): Promise<boolean> => {
      if (isAsking) throw new Error('Another question is open')
      isAsking = true
      return new Promise((resolve) => {
        // The first call counts: closing the question says no, after the button has said yes.
        const decide = (isConfirmed: boolean) => {
          isAsking = false
          setQuestion(null)
          resolve(isConfirmed)
        }
        setQuestion({ ...asked, decide })
      })
    }
    const shell: FrameShell = {
      stateChanged: setState,
      titled: setTitle,
      moved: goTo,
      asked(path, replace) {
        opened.load(path)
        goTo(path, !replace)
      },
      stepped(by) {
        if (isOwnStep(shown.plugin, by)) window.history.go(by)
      },
      async answer(asked) {
        if (asked.ask === 'confirm') return await ask(asked)
        if (asked.ask === 'navigate') return go(shellHref(asked.to, shown.plugin))
        if (asked.ask !== 'notify') return store.answer(asked)
        if (!notices.take()) throw new Error('Too many messages: try again later')
        notifications.show({ title: shown.name, message: asked.text, color: NOTICE_COLORS[asked.kind] })
        return null
      },
    }
    const opened = pageFrame({
      page: shown,
      path: pagePathOf(location.hash),
      place: element,
      maxHeight: MAX_HEIGHT,
      facts: given,
      shell,
      token: () => newPageToken(shown.plugin),
    })
    frame.current = opened
    const stop = store.onChange((key) => opened.send({ type: 'stored', key }))
    return () => {
      stop()
      opened.close()
      frame.current = null
    }
  }, [history])

  useEffect(() => {
    // Not of the window, which has it a moment later.
    const address = `#${href}`
    if (address.startsWith(pageHref(page.plugin))) frame.current?.go(pagePathOf(address))
  }, [href, page.plugin])

  useEffect(() => {
    frame.current?.tell({ scheme, language, dir: direction, user })
  }, [scheme, user])

  return { place, state, title, question }
}

function shellHref(page: ShellPage, plugin: string): string {
  const addresses: Readonly<Record<ShellPage, string>> = {
    overview: '#/',
    plugin: pluginHref(plugin),
    settings: pluginHref(plugin, 'settings'),
    tasks: tasksHref(),
    actions: '#/actions',
  }
  return addresses[page]
}

/** Whether "back" or "forward" leads to a page of the same plugin; where browsers do not say, the page stays. */
function isOwnStep(plugin: string, by: number): boolean {
  if (!('navigation' in window)) return false
  const { navigation } = window as unknown as { readonly navigation: EntryList }
  const url = navigation.entries()[(navigation.currentEntry?.index ?? -1) + by]?.url ?? null
  return url !== null && new URL(url).hash.startsWith(pageHref(plugin))
}

interface EntryList {
  readonly currentEntry: { readonly index: number } | null
  entries(): readonly { readonly url: string | null }[]
}
