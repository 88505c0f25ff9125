// What hostile items of menus, and an answer that is not the server's, can do on a page of an application: no more than a link to it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InspectAnswer } from '../../sdk/api/packages.ts'
import { openHostPage } from '../slots/host-page.ts'
import { api, install, type PluginSource, pluginZip } from '../support/runtime.ts'

const MENU = '<plugbay-menu name="reports"></plugbay-menu>'
const MARKUP = '<img src=x onerror="document.title=\'ran\'"><script>document.title="ran"</script>'

const menuOf = (item: object): PluginSource => ({
  id: 'hostile',
  files: { 'frontend/index.html': '<h1>Hostile</h1>' },
  manifest: { contributes: { menus: [{ menu: 'reports', title: 'Report', path: '/', ...item }] } },
})

/** What of a menu could do something. */
const active = () =>
  [...(document.querySelector('plugbay-menu')?.shadowRoot?.querySelectorAll('*') ?? [])]
    .flatMap((each) => [each.localName, ...each.getAttributeNames().filter((name) => name.startsWith('on'))])
    .filter((name) => !['slot', 'button', 'div', 'span', 'ul', 'li', 'a', 'svg', 'path'].includes(name))

test('titles and categories are text, whatever is written in them', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  await install(host.runtime, menuOf({ title: MARKUP, category: MARKUP }))
  await host.show(MENU)
  await host.page.getByRole('button', { name: 'Reports' }).click()
  assert.equal(await host.page.getByRole('link').textContent(), MARKUP)
  assert.equal(await host.page.getByRole('list').getAttribute('aria-labelledby'), 'category-0')
  assert.equal(await host.page.getByText(MARKUP).count(), 2)
  assert.deepEqual(await host.page.evaluate(active), [])
  assert.equal(await host.page.title(), 'Host')
  assert.deepEqual(host.faults, [])
})

for (const path of [
  'javascript:alert(1)',
  ' javascript:alert(1)',
  '/\njavascript:alert(1)',
  'data:text/html,x',
  '//evil.example/',
  '/\\evil.example/',
  'https://evil.example/',
  '/../../api/v1/plugins',
  '/%2e%2e/neighbour/',
  '{book}',
])
  test(`a path like ${JSON.stringify(path)} is refused with its package`, async (t) => {
    const host = await openHostPage(t)
    if (host === undefined) return
    const response = await api(host.runtime, '/packages/inspect', {
      method: 'POST',
      headers: { 'content-type': 'application/zip' },
      body: pluginZip(menuOf({ path })),
    })
    const { ok, problems } = (await response.json()) as InspectAnswer
    assert.equal(ok, false)
    assert.deepEqual(
      problems.map(({ pointer }) => pointer),
      ['/contributes/menus/0/path'],
    )
  })

test('an answer with scripts or addresses of others makes no link of them', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  const hrefs = [
    'javascript:document.title="ran"',
    'JaVaScRiPt:document.title="ran"',
    ' \tjavascript:document.title="ran"',
    'data:text/html,<script>alert(1)</script>',
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '/apps/plugins/loans/',
  ]
  const icon = { name: 'link', path: '"><script>document.title="ran"</script>' }
  const items = hrefs.map((href) => ({ plugin: 'loans', title: href, icon, href }))
  await host.page.route('**/api/v1/menus/**', (route) =>
    route.fulfill({ json: { menu: 'reports', title: MARKUP, groups: [{ category: MARKUP, items }] } }),
  )
  await host.show(MENU)
  await host.page.getByRole('button').click()
  const links = await host.page.getByRole('link').all()
  assert.deepEqual(await Promise.all(links.map((link) => link.textContent())), ['/apps/plugins/loans/'])
  assert.deepEqual(await host.page.evaluate(active), [])
  assert.equal(await host.page.title(), 'Host')
})

test('other sites cannot read the menu of a visitor, and a sandboxed page of a plugin cannot either', async (t) => {
  const host = await openHostPage(t)
  if (host === undefined) return
  await install(host.runtime, menuOf({ permissions: ['reports.view'] }))
  await host.signIn(['reports.view'])
  await host.show(MENU)
  const { origin } = new URL(host.page.url())
  const response = await fetch(`${origin}/apps/api/v1/menus/reports`, {
    headers: { origin: 'https://evil.example', cookie: 'permissions=reports.view' },
  })
  assert.equal(response.headers.get('access-control-allow-origin'), null)
  assert.equal(response.headers.get('cross-origin-resource-policy'), 'same-origin')
  await host.page.goto(`${origin}/apps/plugins/hostile/`)
  const found = await host.page.evaluate(async () => {
    try {
      return await (await fetch('/apps/api/v1/menus/reports', { credentials: 'include' })).text()
    } catch {
      return 'refused'
    }
  })
  assert.equal(found, 'refused')
})
