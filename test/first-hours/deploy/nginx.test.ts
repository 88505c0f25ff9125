// The example of docs/deploy.md for nginx, run: names and paths as they stand there, other ports and files.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { skipWithoutChromium, startChromium } from '../../support/chromium.ts'
import { freePort } from '../../support/registry.ts'
import { until } from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'
import { adapt, example } from './document.ts'
import {
  type Ask,
  checkAll,
  checkPluginDomain,
  type ProxiedServer,
  selfMade,
  startProxied,
  visitor,
} from './proxied.ts'

const NGINX = '/usr/sbin/nginx'
const options = {
  timeout: 180_000,
  skip: existsSync(NGINX) || process.env.CI === 'true' ? skipWithoutChromium : 'nginx is not installed',
}

const scope = sharedScope()
let root: ProxiedServer
let below: ProxiedServer
let ask: Ask
let ca: Buffer
let port: number

before(async () => {
  if (options.skip !== false) return
  const certificate = await selfMade(scope)
  ca = certificate.ca
  ask = visitor(scope, ca)
  port = await freePort()
  root = await startProxied(scope, 'https://media.example.org', port)
  below = await startProxied(scope, 'https://www.example.org', port)
  await startNginx(certificate.folder)
})

async function startNginx(folder: string): Promise<void> {
  const listening = { 'listen 443 ssl': `listen 127.0.0.1:${port} ssl` }
  const certificates = (name: string) => ({
    [`/etc/letsencrypt/live/${name}/fullchain.pem`]: `${folder}/cert.pem`,
    [`/etc/letsencrypt/live/${name}/privkey.pem`]: `${folder}/key.pem`,
  })
  const snippet = example('/etc/nginx/snippets/plugbay.conf')
  // Each server has a process of its own here.
  const upstream = (server: ProxiedServer) =>
    adapt(snippet, { 'http://127.0.0.1:3000': `http://127.0.0.1:${server.upstream}` })
  const including = (name: string) => ({ 'include snippets/plugbay.conf': `include ${folder}/${name}` })
  await writeFile(join(folder, 'root-snippet'), upstream(root))
  await writeFile(join(folder, 'below-snippet'), upstream(below))
  await mkdir(join(folder, 'html'))
  await writeFile(join(folder, 'html/index.html'), 'the rest of the site')
  const first = adapt(example('/etc/nginx/conf.d/plugbay.conf'), {
    ...listening,
    ...certificates('media.example.org'),
    ...including('root-snippet'),
  })
  const second = adapt(example('/etc/nginx/conf.d/www.conf'), {
    ...listening,
    ...certificates('www.example.org'),
    ...including('below-snippet'),
    '/var/www/html': `${folder}/html`,
  })
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join(' ')
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; events {}\nhttp { access_log off; ${temporary}\n${first}\n${second}\n}`,
  )
  const child = spawn(NGINX, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  scope.after(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  await until('nginx listens', async () => (await ask(`${root.url}/healthz`).catch(() => undefined))?.ok)
}

test(
  'S9: nginx passes on everything: TLS, sessions, events, WebSockets, uploads, own origins',
  options,
  async (t) => {
    await checkAll(t, { server: root, ask, ca })
    await checkPluginDomain({ server: root, ask, ca })
  },
)

test('S9: so it does below a path, beside the rest of the site', options, async (t) => {
  assert.ok(below.url.endsWith('/tools/plugbay'))
  await checkAll(t, { server: below, ask, ca })
  const { origin } = new URL(below.url)
  assert.equal(await (await ask(`${origin}/`)).text(), 'the rest of the site')
})

test(
  'S9: in a browser, the printed link signs in, and pages of plugins reach their backends',
  options,
  async (t) => {
    const browser = await startChromium(['--host-resolver-rules=MAP * 127.0.0.1'])
    t.after(() => browser.close())
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    for (const { url, link } of [root, below]) {
      const page = await context.newPage()
      const refused: string[] = []
      page.on('response', (response) => {
        if (response.status() >= 400 && !response.url().endsWith('favicon.ico')) refused.push(response.url())
      })
      await page.goto(link())
      await page.getByRole('link', { name: 'Plugins', exact: true }).first().click()
      const leading = page.locator('a[href$="/plugins/probe/"]').first()
      assert.equal(
        await leading.evaluate((link) => (link as HTMLAnchorElement).href),
        `${url}/plugins/probe/`,
      )
      assert.ok(page.url().startsWith(`${url}/admin/`))
      const icon = page.locator('.plugin-row img')
      await icon.waitFor()
      await page.waitForFunction(
        () => document.querySelector<HTMLImageElement>('.plugin-row img')?.naturalWidth === 24,
      )
      await page.goto(`${url}/plugins/probe/`)
      await page.getByText('heard ').waitFor()
      const { origin } = new URL(page.url())
      assert.equal(await page.locator('#out').textContent(), `heard ${origin}/where`)
      assert.equal(new URL(page.url()).pathname, url === root.url ? '/' : '/tools/plugbay/plugins/probe/')
      assert.deepEqual(refused, [])
      await page.close()
    }
  },
)
