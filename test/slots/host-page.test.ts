// <plugbay-slot> in a page of an application, in Chromium, under a strict policy: modes, failures, what is asked for by name.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Frame } from 'playwright-core'
import type { Installation } from '../../sdk/api/plugins.ts'
import { api, install, type PluginSource, until } from '../support/runtime.ts'
import { type HostPage, openHostPage, partOf } from './host-page.ts'

const SLOT = '<plugbay-slot name="front"><p>Own</p></plugbay-slot>'
const text = (words: string) =>
  `export default (element) => { element.textContent = ${JSON.stringify(words)} }`

/** What a reader sees in the slot, from top to bottom, frames included. */
async function seen({ page }: HostPage): Promise<readonly string[]> {
  const found: { readonly text: string; readonly top: number }[] = []
  for (const frame of page.frames()) {
    const above = frame === page.mainFrame() ? 0 : await topOf(frame)
    // It was taken out a moment ago.
    if (above === undefined) continue
    const texts = await frame.evaluate(() => {
      const all: { text: string; top: number }[] = []
      const walk = (node: Node) => {
        if (node instanceof Element && node.shadowRoot !== null)
          for (const child of node.shadowRoot.childNodes) walk(child)
        for (const child of node.childNodes) walk(child)
        const parent = node.parentElement ?? (node.parentNode as ShadowRoot | null)?.host
        if (node.nodeType !== Node.TEXT_NODE || parent === undefined || !parent?.checkVisibility()) return
        const range = document.createRange()
        range.selectNodeContents(node)
        const { top, height } = range.getBoundingClientRect()
        if (height > 0 && node.textContent?.trim()) all.push({ text: node.textContent.trim(), top })
      }
      walk(document.body)
      return all
    })
    found.push(...texts.map((each) => ({ text: each.text, top: each.top + above })))
  }
  return found.toSorted((a, b) => a.top - b.top).map((each) => each.text)
}

async function topOf(frame: Frame): Promise<number | undefined> {
  try {
    return (await (await frame.frameElement()).boundingBox())?.y
  } catch (error) {
    if (frame.isDetached()) return undefined
    throw error
  }
}

const warningsOf = async (host: HostPage, id: string) =>
  ((await (await api(host.runtime, `/plugins/${id}`)).json()) as Installation).warnings

test('parts are appended, wrapped around each other in order, and a frame is as tall as its content', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  const wrap = (name: string) =>
    `export default (element, { content }) => { element.append('${name} begins', content, '${name} ends') }`
  await install(host.runtime, partOf('a-frame', { script: text('Frame'), style: 'div { height: 300px }' }))
  await install(host.runtime, partOf('b-wrap', { as: 'module', mode: 'wrap', script: wrap('B') }))
  await install(host.runtime, partOf('c-wrap', { as: 'module', mode: 'wrap', script: wrap('C') }))
  await install(host.runtime, partOf('d-module', { as: 'module', script: text('Module') }))
  await host.show(SLOT)
  await until('the frame has its height', () =>
    host.page.evaluate(() => {
      const find = (root: ShadowRoot | null | undefined): Element | undefined => {
        for (const each of root?.querySelectorAll('*') ?? []) {
          const found = each.localName === 'iframe' ? each : find(each.shadowRoot)
          if (found !== undefined) return found
        }
        return undefined
      }
      return find(document.querySelector('plugbay-slot')?.shadowRoot)?.clientHeight === 300
    }),
  )
  assert.deepEqual(await seen(host), ['C begins', 'B begins', 'Own', 'Frame', 'Module', 'B ends', 'C ends'])
  assert.deepEqual(host.faults, [])
})

test('a part replaces the content, unless it fails; a wrapping part that fails leaves what it would have wrapped', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  await install(host.runtime, partOf('replacing', { mode: 'replace', script: text('Instead') }))
  await host.show(SLOT)
  await until('the frame is seen', async () => (await seen(host)).length > 0)
  assert.deepEqual(await seen(host), ['Instead'])
  await api(host.runtime, '/plugins/replacing', { method: 'DELETE' })
  const thrower = 'export default () => { throw new TypeError("no shelf") }'
  await install(host.runtime, partOf('b-replacing', { mode: 'replace', script: thrower }))
  await install(host.runtime, partOf('c-wrapping', { as: 'module', mode: 'wrap', script: thrower }))
  await host.show(SLOT)
  assert.deepEqual(await seen(host), ['Own'])
})

const FAILURES: readonly (readonly [row: string, script: string, says: RegExp])[] = [
  ['throws while it is loaded', 'throw new TypeError("no shelf")', /no shelf/],
  ['throws while it is mounted', 'export default () => { throw new TypeError("no shelf") }', /no shelf/],
  ['rejects', 'export default async () => { throw new TypeError("no shelf") }', /no shelf/],
  ['does not parse', 'export default (', /./],
  ['exports nothing', 'const a = 1', /no function "mount"/],
  ['imports what the page does not offer', 'import "vue"; export default () => {}', /vue/],
  ['fails in "boot"', 'export default { boot() { throw new Error("not yet") }, mount() {} }', /not yet/],
  ['fails in "setup"', 'export default { setup() { throw new Error("not yet") }, mount() {} }', /not yet/],
  [
    'has nothing for the slot',
    'export default { slots: { other() {} } }',
    /nor anything for the slot "front"/,
  ],
  ['is never done', 'export default () => new Promise(() => {})', /longer than 10 s/],
]
/** All of them side by side, so that each is a neighbour of the others. */
function failing(as: 'frame' | 'module'): PluginSource {
  const ids = FAILURES.map((_, index) => `part-${index}`)
  return {
    id: 'failing',
    files: {
      'frontend/part.css': 'p { display: none }',
      ...Object.fromEntries(FAILURES.map(([, script], index) => [`frontend/part-${index}.js`, script])),
    },
    manifest: {
      permissions: as === 'module' ? { hostPages: true } : {},
      contributes: {
        bundles: ids.map((id) => ({ id, entry: `${id}.js`, styles: ['part.css'], as })),
        slots: ids.map((bundle) => ({ slot: 'front', bundle })),
      },
    },
  }
}

for (const as of ['frame', 'module'] as const)
  test(`a ${as} that fails is reported to the operator, its styles are gone, and its neighbours are there`, async (t) => {
    const host = await openHostPage(t)
    if (host === undefined) return
    await install(host.runtime, failing(as))
    await install(host.runtime, partOf('neighbour', { as, script: text('Neighbour') }))
    await host.show(SLOT)
    await until('the neighbour is seen', async () => (await seen(host)).includes('Neighbour'))
    assert.deepEqual(await seen(host), ['Own', 'Neighbour'])
    await until(
      'all are reported',
      async () => (await warningsOf(host, 'failing')).length === FAILURES.length,
    )
    const warnings = await warningsOf(host, 'failing')
    for (const [index, [row, , says]] of FAILURES.entries()) {
      const warning = warnings.find(({ message }) => message.includes(`"part-${index}"`))
      assert.equal(warning?.code, 'BUNDLE_FAILED', row)
      assert.match(warning.message, says, row)
    }
    assert.deepEqual(await warningsOf(host, 'neighbour'), [])
  })

test('modules are booted one after the other and once in a page, set up when all are booted, and unmounted', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  const telling = (name: string) => `
    const tell = (what) => document.documentElement.append(document.createComment('${name} ' + what))
    export default {
      async boot() { await new Promise((done) => setTimeout(done, 50)); tell('boot') },
      setup: () => tell('setup'),
      mount() { tell('mount'); return () => tell('unmount') },
    }`
  await install(host.runtime, partOf('a-module', { as: 'module', script: telling('a') }))
  await install(host.runtime, partOf('b-module', { as: 'module', script: telling('b') }))
  await host.show(SLOT + SLOT)
  const said = () =>
    host.page.evaluate(() =>
      [...document.documentElement.childNodes]
        .filter((node) => node.nodeType === Node.COMMENT_NODE)
        .map((node) => node.textContent),
    )
  const all = await said()
  assert.deepEqual(all.slice(0, 2), ['a boot', 'b boot'])
  assert.deepEqual(all.toSorted(), [
    'a boot',
    'a mount',
    'a mount',
    'a setup',
    'b boot',
    'b mount',
    'b mount',
    'b setup',
  ])
  await host.page.evaluate(() => document.querySelector('plugbay-slot')?.remove())
  assert.deepEqual((await said()).slice(8).toSorted(), ['a unmount', 'b unmount'])
})

test('a bundle is asked for by name; a plugin, parameters or a language that change are followed', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  const script =
    'export default (element, { data, dir, slot }) => { element.textContent = JSON.stringify([data, dir, slot]) }'
  const backend = 'export default { bundles: { part: ({ params }, env, ctx) => [params, ctx.language] } }'
  await install(host.runtime, partOf('named', { as: 'module', script, backend }))
  await host.show('<plugbay-slot plugin="named" bundle="part"></plugbay-slot>', 'ar')
  assert.deepEqual(await seen(host), ['[[{},"ar"],"rtl",null]'])
  await host.page.evaluate(() => {
    const slot = document.querySelector('plugbay-slot')
    slot?.setAttribute('params', '{"id":7}')
    slot?.setAttribute('lang', 'en')
  })
  await until('the new one is seen', async () => (await seen(host))[0] === '[[{"id":7},"en"],"ltr",null]')
  await api(host.runtime, '/plugins/named', { method: 'DELETE' })
  await host.page.evaluate(() => document.querySelector('plugbay-slot')?.setAttribute('params', ''))
  await until('it is gone', async () => (await seen(host)).length === 0)
})

test('a page of the plugin is a part, too, with its own references', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  await install(host.runtime, {
    id: 'paged',
    files: {
      'frontend/widgets/clock.html':
        '<!doctype html><title>Clock</title><script src="clock.js" defer></script><p>',
      'frontend/widgets/clock.js': 'document.querySelector("p").textContent = "Noon"',
    },
    manifest: { contributes: { slots: [{ slot: 'front', entry: 'widgets/clock.html' }] } },
  })
  await host.show(SLOT)
  await until('the page is seen', async () => (await seen(host)).includes('Noon'))
  assert.deepEqual(host.faults, [])
})

test('modules share the libraries of the page by its import map: they have the same copy', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  const script = (own: string) => `import { words } from 'shared'
    export default (element) => { words.count += 1; element.textContent = '${own} ' + words.count }`
  await install(host.runtime, partOf('a-module', { as: 'module', script: script('A') }))
  await install(host.runtime, partOf('b-module', { as: 'module', script: script('B') }))
  await host.show(SLOT)
  assert.deepEqual(
    (await seen(host)).map((text) => text.split(' ')[1]).toSorted(),
    ['1', '2', undefined].toSorted(),
  )
  assert.deepEqual(host.faults, [])
})
