// What Karrot's users know of plugins in the page, row by row, in Chromium: each test begins with the name of its row in the table of
// Karrot's capabilities.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HostPage, openHostPage, partOf } from '../../slots/host-page.ts'
import { install, send } from '../../support/runtime.ts'

const SLOT = '<plugbay-slot name="front"><p>Own</p></plugbay-slot>'

/** The texts of modules and of the page, in the order of the document and of what is wrapped. */
const textsIn = ({ page }: HostPage) =>
  page.evaluate(() => {
    const texts: string[] = []
    const walk = (node: Node): void => {
      if (node instanceof HTMLSlotElement) for (const child of node.assignedNodes()) walk(child)
      else if (node instanceof Element && node.shadowRoot !== null)
        for (const child of node.shadowRoot.childNodes) walk(child)
      else if (node instanceof HTMLStyleElement || node instanceof HTMLLinkElement) return
      else for (const child of node.childNodes) walk(child)
      const text = node.nodeType === Node.TEXT_NODE ? (node.textContent ?? '').trim() : ''
      if (text !== '' && node.parentElement?.checkVisibility() !== false) texts.push(text)
    }
    for (const slot of document.querySelectorAll('plugbay-slot')) walk(slot)
    return texts
  })

const writes = (text: string) => `export default (element) => { element.append('${text}') }`

test('Browser boot: boot is awaited, setup follows, and one that fails is taken out with its styles, and reported', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  const told = `export default {
    async boot() { await new Promise((done) => setTimeout(done, 100)); globalThis.booted = true },
    setup() { globalThis.order = [globalThis.booted] },
    slots: { front(element) { element.append('board ' + globalThis.order.join()) } },
  }`
  await install(host.runtime, partOf('a-board', { as: 'module', script: told }))
  const failing = "export default { boot() { throw new Error('no wall') }, mount() {} }"
  const style = 'p { display: none }'
  await install(host.runtime, partOf('b-broken', { as: 'module', script: failing, style }))
  await host.show(SLOT)
  assert.deepEqual(await textsIn(host), ['Own', 'board true'])
  assert.equal(await host.page.locator('link[href*="b-broken"]').count(), 0)
  const { warnings } = await host.runtime.plugins.get('b-broken')
  assert.match(warnings[0]?.message ?? '', /no wall/)
})

test('Slots: what wraps is around what comes before, in order; without its content it replaces, and disabled it is gone', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  const wraps = (name: string) =>
    `export default (element, { content }) => { element.append('${name}(', content, ')${name}') }`
  await install(host.runtime, partOf('a-wraps', { as: 'module', mode: 'wrap', script: wraps('a') }))
  await install(host.runtime, partOf('b-wraps', { as: 'module', mode: 'wrap', script: wraps('b') }))
  await install(host.runtime, partOf('c-appends', { as: 'module', script: writes('appended') }))
  await host.show(SLOT)
  assert.deepEqual(await textsIn(host), ['b(', 'a(', 'Own', 'appended', ')a', ')b'])
  await install(host.runtime, partOf('d-wraps', { as: 'module', mode: 'wrap', script: writes('instead') }))
  await host.show(SLOT)
  assert.deepEqual(await textsIn(host), ['instead'])
  await send(host.runtime, 'POST', '/plugins/apply', { ids: [] })
  await host.show(SLOT)
  assert.deepEqual(await textsIn(host), ['Own'])
  assert.deepEqual(host.faults, [])
})

test('Shared modules: libraries of the page are one copy for all plugins, by its import map', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  const counts =
    "import { words } from 'shared'; export default (element) => { element.append('n' + ++words.count) }"
  for (const id of ['a-counts', 'b-counts'])
    await install(host.runtime, partOf(id, { as: 'module', script: counts }))
  await host.show(SLOT)
  assert.deepEqual((await textsIn(host)).toSorted(), ['Own', 'n1', 'n2'])
  assert.deepEqual(host.faults, [])
})
