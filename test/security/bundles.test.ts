// What a hostile frontend bundle can do on a page of an application, in Chromium: draw in its own place, and no more.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Frame } from 'playwright-core'
import { type HostPage, openHostPage, partOf } from '../slots/host-page.ts'
import { startWholeChromium } from '../support/chromium.ts'
import { api, backendOf, install, until } from '../support/runtime.ts'

const SLOT = '<plugbay-slot name="front" max-height="500"><p>Own</p></plugbay-slot>'

async function frameOf({ page }: HostPage, plugin: string): Promise<Frame> {
  return await until(`the frame of "${plugin}"`, () =>
    page.frames().find((frame) => frame.url().includes(`/${plugin}/`)),
  )
}

const frameCount = ({ page }: HostPage) => page.frames().length - 1

describe('a hostile frame', () => {
  const ATTEMPTS = `
    const attempts = {
      'document of the page': () => parent.document.title,
      'address of the page': () => parent.location.href,
      'cookies': () => document.cookie,
      'storage': () => localStorage.length,
      'frame element': () => (frameElement === null ? Promise.reject(new Error('null')) : 'found'),
      'navigation of the page': () => { top.location.href = '/secret'; return 'sent' },
      'secret of the application': async () => (await fetch('/secret', { credentials: 'include' })).text(),
      'admin API': async () => (await fetch('/apps/api/v1/plugins', { credentials: 'include' })).text(),
      'list of bundles': async () => (await fetch('/apps/api/v1/bundles')).text(),
      'report of another plugin': async () => (await fetch('/apps/api/v1/bundles/neighbour/failures', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"bundle":"part","message":"forged"}' })).status,
      'backend of a neighbour': async () => (await fetch('/apps/plugins/neighbour/api/')).text(),
      'backend of a neighbour, with its token': async () => (await fetch('/apps/plugins/neighbour/api/', { headers: { 'plugbay-token': document.querySelector('meta[name=plugbay-token]').content } })).text(),
      'context of a neighbour': async () => (await fetch('/apps/plugins/neighbour/.plugbay/bundle-context?id=part')).text(),
      'code of a neighbour': () => import('/apps/plugins/neighbour/part.js'),
      'another server': async () => (await fetch('https://example.org/')).text(),
      'a frame with the page': () => new Promise((resolve, reject) => {
        const frame = document.createElement('iframe')
        frame.onload = () => { try { resolve(frame.contentDocument.title) } catch (error) { reject(error) } }
        frame.src = '/page'
        document.body.append(frame)
        setTimeout(() => reject(new Error('silence')), 2000)
      }),
    }
    export default async (element) => {
      const results = {}
      await Promise.all(Object.entries(attempts).map(async ([name, attempt]) => {
        try { results[name] = 'done: ' + await attempt() } catch (error) { results[name] = 'refused' }
      }))
      globalThis.results = results
      element.textContent = 'Hostile'
    }`

  test('reads and changes nothing of the page, the application, the runtime and its neighbours', async (t) => {
    const host = await openHostPage(t, startWholeChromium)
    if (host === undefined) return
    await install(host.runtime, partOf('hostile', { script: ATTEMPTS }))
    await install(host.runtime, {
      ...partOf('neighbour', { script: 'export default (element) => { element.textContent = "Neighbour" }' }),
      backend: backendOf('return new Response("of the neighbour")'),
    })
    await host.show(SLOT)
    const frame = await frameOf(host, 'hostile')
    const results = (await frame.evaluate(() => Reflect.get(globalThis, 'results'))) as Readonly<
      Record<string, string>
    >
    assert.deepEqual(
      Object.entries(results).filter(([, result]) => result !== 'refused'),
      [],
    )
    assert.ok(Object.keys(results).length > 12)
    assert.match(host.page.url(), /\/page$/)
    assert.deepEqual((await host.runtime.plugins.get('neighbour')).warnings, [])
  })

  test('is as tall as it says between nothing and the limit of the page, whatever it says and how often', async (t) => {
    const host = await openHostPage(t, startWholeChromium)
    if (host === undefined) return
    const script = `export default (element) => { element.textContent = 'Hostile'
      globalThis.say = (height) => parent.postMessage({ plugbay: 'size', height }, '*') }`
    await install(host.runtime, partOf('hostile', { script }))
    await host.show(SLOT)
    const frame = await frameOf(host, 'hostile')
    const height = async () => (await (await frame.frameElement()).boundingBox())?.height
    const say = (...heights: unknown[]) =>
      frame.evaluate((all) => {
        for (const each of all) (Reflect.get(globalThis, 'say') as (height: unknown) => void)(each)
      }, heights)
    await say(1e9)
    await until('it is limited', async () => (await height()) === 500)
    await say(120)
    await until('it is followed', async () => (await height()) === 120)
    await say(Number.NaN, Number.POSITIVE_INFINITY, '400px', { valueOf: 400 }, null, [300])
    await say(...Array.from({ length: 10_000 }, () => 80))
    await until('it is followed after all of that', async () => (await height()) === 80)
    await say(-5)
    await until('it is nothing', async () => (await height()) === 0)
  })

  test('is taken out when it leaves its page, and cannot speak for another frame', async (t) => {
    const host = await openHostPage(t, startWholeChromium)
    if (host === undefined) return
    await install(
      host.runtime,
      partOf('hostile', { script: 'export default (element) => { element.textContent = "Hostile" }' }),
    )
    await install(
      host.runtime,
      partOf('neighbour', { script: 'export default (element) => { element.textContent = "Neighbour" }' }),
    )
    await host.show(SLOT)
    assert.equal(frameCount(host), 2)
    const frame = await frameOf(host, 'hostile')
    await frame.evaluate(() => {
      for (const target of [parent, top]) target?.postMessage({ plugbay: 'failed', message: 'forged' }, '*')
      location.href = '/apps/plugins/hostile/part.js'
    })
    await until('it is taken out', () => frameCount(host) === 1)
    assert.ok(host.page.frames().some((each) => each.url().includes('/neighbour/')))
    await until('it is reported', async () => {
      const { warnings } = await host.runtime.plugins.get('hostile')
      return warnings.some(({ message }) => /forged|left its page/.test(message))
    })
    assert.deepEqual((await host.runtime.plugins.get('neighbour')).warnings, [])
  })

  test('that computes without end leaves the page alive, and is taken out when it never begins', async (t) => {
    const host = await openHostPage(t, startWholeChromium)
    if (host === undefined) return
    await install(host.runtime, partOf('hostile', { script: 'for (;;);' }))
    await host.show(SLOT)
    await until('it is taken out', () => frameCount(host) === 0)
    assert.equal(
      await host.page.evaluate(() => document.querySelector('plugbay-slot p')?.checkVisibility()),
      true,
    )
  })

  test('may not be framed by other sites, and no other site reads what pages get', async (t) => {
    const host = await openHostPage(t, startWholeChromium)
    if (host === undefined) return
    await install(host.runtime, partOf('hostile', { script: 'export default () => {}' }))
    await host.show(SLOT)
    const { origin } = new URL(host.page.url())
    const path = '/apps/plugins/hostile/.plugbay/bundle?id=part'
    const document = await fetch(origin + path, { headers: { origin: 'https://evil.example' } })
    const policy = String(document.headers.get('content-security-policy'))
    assert.ok(policy.includes(`frame-ancestors ${origin};`), policy)
    assert.ok(!policy.includes('allow-same-origin'))
    for (const address of [path, '/apps/api/v1/bundles', '/apps/api/v1/slots/front']) {
      const response = await fetch(origin + address)
      assert.equal(response.status, 200, address)
      assert.equal(response.headers.get('access-control-allow-origin'), null, address)
      assert.equal(response.headers.get('cross-origin-resource-policy'), 'same-origin', address)
    }
  })
})

describe('a file that is not that of the release', () => {
  for (const as of ['frame', 'module'] as const)
    test(`does not run in a ${as}`, async (t) => {
      const host = await openHostPage(t, startWholeChromium)
      if (host === undefined) return
      await install(
        host.runtime,
        partOf('changed', { as, script: 'export default (element) => { element.textContent = "Right" }' }),
      )
      // What a proxy, a cache or a mirror in between might do.
      await host.page.route('**/part.js*', (route) =>
        route.fulfill({
          contentType: 'text/javascript',
          headers: { 'access-control-allow-origin': '*' },
          body: 'top.postMessage("ran", "*"); document.title = "ran"; export default () => {}',
        }),
      )
      await host.show(SLOT)
      await until('it is reported', async () => {
        const { warnings } = await host.runtime.plugins.get('changed')
        return warnings.some(({ message }) => message.includes('is not as the server has it'))
      })
      assert.equal(await host.page.title(), 'Host')
      await until('it is taken out', () => frameCount(host) === 0)
    })
})

test('a module whose grant is taken back is not shown any more by a page that asks again', async (t) => {
  const host = await openHostPage(t, startWholeChromium)
  if (host === undefined) return
  const script = 'export default (element) => { element.textContent = "Trusted" }'
  await install(host.runtime, partOf('trusted', { as: 'module', script }))
  await host.show(SLOT)
  const isShown = () =>
    host.page.evaluate(() =>
      [...(document.querySelector('plugbay-slot')?.shadowRoot?.children ?? [])].some(
        ({ shadowRoot }) => shadowRoot?.textContent === 'Trusted',
      ),
    )
  assert.equal(await isShown(), true)
  await api(host.runtime, '/plugins/trusted/grants', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  await host.show(SLOT)
  assert.equal(await isShown(), false)
})
