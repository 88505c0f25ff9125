// The development client of a page: follows the events, reloads the page, applies style sheets in place. Runs in the browser.
// Invariant: runPageClient() uses only its arguments and the browser, because pages get its source text (client-script.ts).

import type { Problem } from '../../errors.ts'
import type { Overlay } from './overlay.ts'

export function runPageClient(overlay: Overlay): void {
  const { currentScript } = document
  if (!(currentScript instanceof HTMLScriptElement)) return
  const address = new URL(currentScript.src)
  const mount = new URL('../', address)
  /** Revision of the content that the page was made from. */
  let revision = address.search.slice(1)
  let source: EventSource | undefined
  let turn = 0
  /** Whether the last save has problems. */
  let isWrong = false
  /** Lets this page open files in the editor. */
  let editor: string | undefined
  let reports = 0
  const MAX_REPORTS = 20
  interface Hello {
    readonly revision: string | null
    readonly problems: readonly Problem[]
    readonly failure?: Problem
    readonly editor?: string
  }

  function follow(): void {
    source?.close()
    source = new EventSource(new URL('events', address))
    on('hello', (data: Hello) => {
      editor = data.editor
      if (data.revision !== null && data.revision !== revision) return reload(data.revision)
      storage()?.removeItem('plugbay-reloaded')
      showProblems(data.problems)
      if (data.failure !== undefined) reportFailure(data.failure)
    })
    on('reload', (data: { revision: string }) => reload(data.revision))
    on('css', (data: { revision: string; paths: readonly string[] }) => applyStyles(data))
    on('problem', (data: { problems: readonly Problem[] }) => showProblems(data.problems))
    on('ok', () => showProblems([]))
    on('failure', (data: { failure: Problem }) => reportFailure(data.failure))
  }

  function on<T>(event: string, listener: (data: T) => void): void {
    source?.addEventListener(event, (message) => listener(JSON.parse((message as MessageEvent<string>).data)))
  }

  function showProblems(problems: readonly Problem[]): void {
    isWrong = problems.length > 0
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
    const title = `The last save has ${count}`
    const note =
      revision === 'none'
        ? 'Save the file when it is right: the page comes by itself.'
        : 'The last good version goes on serving. Save the file when it is right: this goes away by itself.'
    if (isWrong) show(problems, { title, note })
    else overlay.hide()
  }

  function reportFailure(failure: Problem): void {
    // The reason why a save does not serve is shown instead: it explains more.
    if (isWrong) return
    const title = 'The backend failed'
    const note =
      'The plugin goes on serving; its log has the whole stack. Save the file when it is right, or close this.'
    show([failure], { title, note })
  }

  function show(problems: readonly Problem[], words: { title: string; note: string }): void {
    const open = editor === undefined ? undefined : openInEditor
    const now = (): void => overlay.show(problems, { ...words, open })
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', now, { once: true })
    else now()
  }

  function openInEditor({ file, line, column }: Problem): void {
    const body = JSON.stringify({ file, line, column, token: editor })
    void post('open-in-editor', body)
  }

  /** Undefined for a refusal: the terminal says more. */
  async function post(path: string, body: string): Promise<unknown> {
    const response = await fetch(new URL(path, address), { method: 'POST', body })
    return response.ok ? await response.json() : undefined
  }

  /** An error of this page, for the terminal; its answer knows the author's lines. */
  function reportOwn(error: unknown, message: string, place: string): void {
    // A page that fails all the time says so a few times.
    if (++reports > MAX_REPORTS) return
    const stack = error instanceof Error ? String(error.stack) : place
    const body = JSON.stringify({ message: message.slice(0, 2000), stack: stack.slice(0, 8000) })
    post('failures', body).then(
      (problem) => {
        if (problem === undefined || isWrong) return
        const note =
          'The console of the browser has the whole stack. Save the file when it is right, or close this.'
        show([problem as Problem], { title: 'The page failed', note })
      },
      // The server has ended.
      () => undefined,
    )
  }

  function textOf(error: unknown): string {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }

  function reload(next: string): void {
    // A service worker of the plugin may keep serving the old page: one reload per revision.
    if (storage()?.getItem('plugbay-reloaded') === next) {
      console.warn('[plugbay] The page is older than the plugin that serves; a service worker may keep it')
      revision = next
      return
    }
    storage()?.setItem('plugbay-reloaded', next)
    source?.close()
    // What an opaque page opens is not trusted: only the visitor can reload a page that requires sign-in.
    if (
      self.origin === 'null' &&
      document.querySelector('meta[name="plugbay-token"]:not([data-stranger])') !== null
    )
      return overlay.show([], {
        title: 'A new version is live',
        note: 'Load the page again to see it: a page for users cannot do that by itself here.',
      })
    location.reload()
  }

  function storage(): Storage | undefined {
    try {
      return sessionStorage
    } catch {
      // An opaque origin has no storage, and no service worker either.
      return undefined
    }
  }

  function applyStyles(data: { revision: string; paths: readonly string[] }): void {
    const links = [...document.querySelectorAll<HTMLLinkElement>('link[rel~="stylesheet"][href]')]
    const own = links.filter((link) => link.href.startsWith(mount.href))
    const changed = new Set(data.paths.map((path) => new URL(encodeURI(path), mount).pathname))
    const pathOf = (link: HTMLLinkElement): string => new URL(link.href).pathname
    const named = own.filter((link) => changed.has(pathOf(link)))
    const allNamed = new Set(named.map(pathOf)).size === changed.size
    // No link to replace: a shadow root or a script uses the style sheet.
    if (own.length === 0) return reload(data.revision)
    revision = data.revision
    turn++
    // A sheet without a link of its own is imported by one that has a link.
    for (const link of allNamed ? named : own) exchange(link)
  }

  /** The old sheet is removed when the new one has loaded, so that the page is never unstyled. */
  function exchange(link: HTMLLinkElement): void {
    const next = link.cloneNode() as HTMLLinkElement
    const href = new URL(link.href)
    href.searchParams.set('plugbay', `${revision.slice(0, 8)}-${turn}`)
    next.href = href.href
    const done = (): void => link.remove()
    next.addEventListener('load', done, { once: true })
    next.addEventListener('error', done, { once: true })
    link.after(next)
  }

  window.addEventListener('error', ({ error, message, filename, lineno, colno }) => {
    reportOwn(error, error instanceof Error ? textOf(error) : message, `at ${filename}:${lineno}:${colno}`)
  })
  window.addEventListener('unhandledrejection', ({ reason }) => {
    reportOwn(reason, `Unhandled rejection: ${textOf(reason)}`, '')
  })
  // Browsers allow six connections per host: only visible pages hold one. The first event reports what was missed.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') source?.close()
    else follow()
  })
  window.addEventListener('pagehide', () => source?.close())
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) follow()
  })
  if (document.visibilityState !== 'hidden') follow()
}
