// A plugin under "plugbay dev" with something to show on the page "Development", in the admin application.

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { type DevPlugin, startDevPlugin } from '../dev/dev-plugin.ts'
import type { PluginSource } from '../support/runtime.ts'
import type { Scope } from '../support/scope.ts'
import { openAt } from './every-page.ts'

export const SHOP_BACKEND = `
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    if (pathname === '/prices') {
      console.log('prices are asked for')
      const cents = (await env.kv.get('tea')) ?? '250'
      const sold = await env.db.prepare('SELECT count(*) AS count FROM sales').first('count')
      return Response.json({ tea: cents, sold })
    }
    if (pathname === '/open') {
      await env.kv.put('tea', '250')
      await env.kv.put('opening-hours', '9-17', { metadata: { by: 'ada' }, expirationTtl: 86400 })
      return new Response('open')
    }
    if (pathname === '/take-photo') {
      await env.files.put('photos/shop.txt', 'a photo')
      return new Response('taken')
    }
    if (pathname === '/photo') return new Response(await env.files.get('photo'))
    if (pathname === '/rates') {
      const rates = await fetch('https://rates.example/latest?token=visitor')
      return Response.json(await rates.json())
    }
    return new Response('Not found', { status: 404 })
  },
}
`

export const SHOP_MANIFEST = {
  name: 'Shop',
  permissions: { kv: true, database: true, tasks: true, network: ['https://old-rates.example'] },
}

const SHOP: PluginSource = {
  id: 'shop',
  backend: SHOP_BACKEND,
  manifest: SHOP_MANIFEST,
  files: {
    'frontend/index.html': '<!doctype html><title>Shop</title><script src="app.js"></script><h1>Shop</h1>',
    'frontend/app.js': 'document.documentElement.dataset.made = "first"',
    'backend/migrations/0001-sales.sql':
      'CREATE TABLE sales (id INTEGER PRIMARY KEY, article TEXT NOT NULL, cents INTEGER, seal BLOB);\n' +
      "INSERT INTO sales (article, cents, seal) VALUES ('tea', 250, x'0102'), ('coffee', 300, NULL);",
  },
}

export interface Shop {
  readonly dev: DevPlugin
  /** Of the server, with a slash at its end. */
  readonly url: string
  /** Signs in, once. */
  readonly adminUrl: string
}

export async function startShop(scope: Scope): Promise<Shop> {
  const dev = await startDevPlugin(scope, SHOP)
  const ready = dev.events.find((event) => event.event === 'ready')
  assert.ok(ready?.event === 'ready')
  return { dev, url: `http://localhost:${dev.port}/`, adminUrl: ready.adminUrl }
}

/** Requests that succeed, fail, and use what was not asked for. */
export async function visitShop({ get }: DevPlugin): Promise<void> {
  const statuses = []
  for (const path of ['/api/prices?all', '/api/photo', '/api/rates', '/api/nothing'])
    statuses.push((await get(path)).status)
  assert.deepEqual(statuses, [200, 500, 500, 404])
}

export const DEVELOPMENT_VIEWS = [
  { name: 'development' },
  { name: 'development-permissions' },
  { name: 'development-storage' },
] as const

export async function openView(
  page: Page,
  url: string,
  view: (typeof DEVELOPMENT_VIEWS)[number],
): Promise<void> {
  await openAt(page, `${url}admin/#/plugins/shop/development`)
  const at = DEVELOPMENT_VIEWS.indexOf(view)
  // Their labels are in the reader's language.
  await page.getByRole('main').getByRole('radio').nth(at).dispatchEvent('click')
  if (at === 0) {
    // The first request.
    const first = page.locator('[data-call]').last()
    await first.waitFor()
    if ((await first.getAttribute('open')) === null) await first.locator('summary').first().click()
    await first.locator('[data-host-call]').first().waitFor()
  } else
    await page
      .locator(at === 1 ? 'main section' : 'main .rows')
      .first()
      .waitFor()
}
