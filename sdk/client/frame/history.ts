// Keeps the address of the shell equal to that of the framed page. Each step of the page is a step of the shell, so "back" and
// "forward" mean what they mean on a page of its own, and steps outlive the frame.
// Invariant: until the shell has answered, the page's history is the browser's.

import { isPath } from '../shell-messages.ts'
import type { Connection } from './connection.ts'

const TICKET = 'plugbay-ticket'
/** Of the page's states; the oldest are forgotten, and their pages loaded again. */
const MAX_STATES = 200

export interface FramedHistory {
  /** Tells the shell where the page is, and follows it from now on. */
  begin(): void
  /** Tells the shell that something of the page has changed, such as its title. */
  report(): void
  /** The shell went back or forward. */
  go(path: string): void
}

/** @param mount path prefix of the plugin; "" on an origin of its own */
export function framedHistory(mount: string, { send }: Connection): FramedHistory {
  const { pushState, replaceState } = history
  const states = new Map<string, unknown>()
  let isFollowing = false
  let shown = pathOf(location.href)

  /** Undefined outside of the plugin's pages. */
  function pathOf(address: string): string | undefined {
    const url = new URL(address, document.baseURI)
    if (url.origin !== new URL(location.href).origin || !url.pathname.startsWith(`${mount}/`))
      return undefined
    const rest = url.pathname.slice(mount.length)
    if (/^\/(?:api|\.plugbay)(?:\/|$)/.test(rest)) return undefined
    const path = rest + withoutTicket(url.search) + url.hash
    return isPath(path) ? path : undefined
  }

  function remember(path: string | undefined): void {
    if (path === undefined) return
    states.delete(path)
    states.set(path, history.state)
    const [oldest] = states.keys()
    if (states.size > MAX_STATES && oldest !== undefined) states.delete(oldest)
  }

  function tell(push: boolean): void {
    const path = pathOf(location.href)
    if (path === undefined || !isFollowing) return
    remember(path)
    const isStep = push && path !== shown
    shown = path
    send({ type: 'at', path, title: document.title, push: isStep })
  }

  // A ticket works once: the page is found at its address without it.
  if (location.search.includes(`${TICKET}=`))
    replaceState.call(
      history,
      history.state,
      '',
      location.pathname + withoutTicket(location.search) + location.hash,
    )

  history.pushState = (state, unused, url) => {
    if (!isFollowing) return pushState.call(history, state, unused, url)
    remember(shown)
    replaceState.call(history, state, unused, url)
    tell(true)
  }
  history.replaceState = (state, unused, url) => {
    replaceState.call(history, state, unused, url)
    tell(false)
  }
  const { back, forward, go } = history
  const step = (by: number, natively: () => void): void => {
    if (isFollowing) send({ type: 'step', by })
    else natively()
  }
  history.back = () => step(-1, () => back.call(history))
  history.forward = () => step(1, () => forward.call(history))
  history.go = (by = 0) => (by === 0 ? location.reload() : step(by, () => go.call(history, by)))

  addEventListener('hashchange', () => tell(false))
  addEventListener('popstate', () => tell(false))
  addEventListener('click', (event) => {
    if (!isFollowing) return
    const link = plainLink(event)
    const path = link && pathOf(link.href)
    if (link === undefined || path === undefined) return
    event.preventDefault()
    if (isSamePage(link.href)) {
      toFragment(link.href)
      tell(true)
    } else send({ type: 'open', path, replace: false })
  })

  // What scripts lead to, and a reload. A frame on an origin of its own has no cookie of a restricted plugin: only the shell can open a
  // page of it. Sandboxed pages have no events of this kind.
  window.navigation?.addEventListener('navigate', (event) => {
    const { destination, navigationType: type } = event
    if (!isFollowing || !event.cancelable || event.hashChange || destination.sameDocument) return
    if (type === 'traverse' || event.downloadRequest !== null || event.formData !== null) return
    const path = pathOf(destination.url)
    if (path === undefined) return
    event.preventDefault()
    send({ type: 'open', path, replace: type !== 'push' })
  })

  return {
    begin() {
      isFollowing = true
      tell(false)
    },
    report: () => tell(false),
    go(path) {
      if (path === shown) return
      const url = new URL(mount + path, location.href).href
      if (isSamePage(url)) toFragment(url)
      else if (states.has(path)) {
        remember(shown)
        shown = path
        replaceState.call(history, states.get(path), '', url)
        dispatchEvent(new PopStateEvent('popstate', { state: history.state }))
      } else send({ type: 'open', path, replace: true })
    },
  }
}

/** Without a step of the browser's own. */
function toFragment(url: string): void {
  location.replace(url)
}

function isSamePage(address: string): boolean {
  const plain = (url: string) => url.split('#', 1)[0]
  return address.includes('#') && plain(address) === plain(location.href)
}

/** A link that the reader follows in this frame, unless the page does something of its own. */
function plainLink(event: MouseEvent): HTMLAnchorElement | undefined {
  if (event.defaultPrevented || event.button !== 0) return undefined
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return undefined
  const link = event.composedPath().find((each) => each instanceof HTMLAnchorElement)
  if (link === undefined || link.href === '' || link.hasAttribute('download')) return undefined
  return link.target === '' || link.target === '_self' ? link : undefined
}

function withoutTicket(search: string): string {
  if (!search.includes(`${TICKET}=`)) return search
  const rest = search
    .slice(1)
    .split('&')
    .filter((pair) => !pair.startsWith(`${TICKET}=`))
  return rest.length === 0 ? '' : `?${rest.join('&')}`
}
