// Runs first in a page of a plugin that is shown in a frame, and connects it with the shell around: address, title, size, look, token.
// Invariant: outside of a frame it does nothing; without an answer of the shell, the page is as on any other site.

import { SHELL_KEY, type ShellFacts } from '../shell-messages.ts'
import { connect } from './connection.ts'
import { framedHistory } from './history.ts'

/** The shell names its frames so, since a name is there before the first message. */
const NAME = /^plugbay-(light|dark)-/

function show(scheme: ShellFacts['scheme']): void {
  document.documentElement.dataset.plugbayScheme = scheme
  document.documentElement.style.colorScheme = scheme
}

function begin({ shell = '', mount = '' }: DOMStringMap): void {
  const named = NAME.exec(self.name)?.[1]
  if (named === 'light' || named === 'dark') show(named)
  const meta = document.querySelector<HTMLMetaElement>('meta[name="plugbay-token"]')
  const connection = connect(shell, self.origin === 'null' ? (meta?.content ?? null) : null)
  Object.defineProperty(window, SHELL_KEY, { value: connection })
  const steps = framedHistory(mount, connection)
  connection.listen((message) => {
    if (message.type === 'facts') show(message.facts.scheme)
    if (message.type === 'go') steps.go(message.path)
  })
  void connection.welcome.then((facts) => {
    if (facts === null) return
    steps.begin()
    const watch = (): void => {
      const changes = { subtree: true, childList: true, characterData: true }
      new MutationObserver(steps.report).observe(document.head, changes)
      steps.report()
      const frame = document.querySelector<HTMLMetaElement>('meta[name="plugbay-frame"]')
      if (frame?.content !== 'content') return
      const size = (): void => {
        const { height } = document.documentElement.getBoundingClientRect()
        connection.send({ type: 'size', height: Math.ceil(height) })
      }
      new ResizeObserver(size).observe(document.documentElement)
      size()
    }
    if (document.readyState === 'loading') addEventListener('DOMContentLoaded', watch)
    else watch()
  })
}

/** The plugin's own pages may be frames of each other: they have no shell of their own. */
const isFramed = parent !== self && parent === top
const around = location.ancestorOrigins?.[0]
const script = document.currentScript
if (isFramed && script instanceof HTMLElement && (around === undefined || around === script.dataset.shell))
  begin(script.dataset)
script?.remove()
