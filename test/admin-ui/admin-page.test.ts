import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { Hono } from 'hono'
import { ensureAdminPage } from '../../runtime/admin-ui/build.ts'
import { createAdminPage } from '../../runtime/http/server/admin-page.ts'

const DIST = fileURLToPath(new URL('../../runtime/admin-ui/dist/', import.meta.url))

describe('the built admin page', () => {
  const page = createAdminPage()
  before(() => ensureAdminPage({ say: () => undefined }))

  it('is not built again while its sources stay the same', async () => {
    const said: string[] = []
    const builtAt = (await stat(join(DIST, 'index.html'))).mtimeMs
    await ensureAdminPage({ say: (line) => said.push(line) })
    assert.deepEqual(said, [])
    assert.equal((await stat(join(DIST, 'index.html'))).mtimeMs, builtAt)
  })

  it('is served with a strict policy, whose nonce is another one each time', async () => {
    const response = await page.request('/admin/')
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8')
    assert.equal(response.headers.get('cache-control'), 'no-store')
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
    assert.equal(response.headers.get('referrer-policy'), 'no-referrer')
    const policy = response.headers.get('content-security-policy') ?? ''
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "frame-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ])
      assert.ok(policy.split('; ').includes(rule), rule)
    assert.doesNotMatch(policy, /unsafe/)
    const nonceIn = (text: string) => /'nonce-([\w+/=]+)'/.exec(text)?.[1] ?? ''
    const nonce = nonceIn(policy)
    assert.ok(nonce.length >= 22)
    assert.ok((await response.text()).includes(`<meta property="csp-nonce" nonce="${nonce}">`))
    const again = await page.request('/admin/index.html')
    assert.notEqual(nonceIn(again.headers.get('content-security-policy') ?? ''), nonce)
  })

  it('says how the program is called in a checkout, for the commands that it shows', async () => {
    const html = await (await page.request('/admin/')).text()
    assert.match(html, /<meta name="plugbay-program" content="npm run plugbay --"><\/head>/)
  })

  it('names its files relative to itself and loads nothing from elsewhere', async () => {
    const html = await (await page.request('/admin/')).text()
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '')
    assert.ok(addresses.length >= 3)
    for (const address of addresses) assert.match(address, /^\.\/assets\//)
    const css = await readFile(
      join(DIST, addresses.find((address) => address.endsWith('.css')) ?? ''),
      'utf8',
    )
    assert.doesNotMatch(css, /@import|url\((?!["']?data:)/)
  })

  it('keeps hashed files for ever, compressed where that is taken', async () => {
    const html = await (await page.request('/admin/')).text()
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(html)?.[1] ?? ''
    const plain = await page.request(`/admin/${script}`)
    assert.equal(plain.headers.get('cache-control'), 'public, max-age=31536000, immutable')
    assert.equal(plain.headers.get('content-encoding'), null)
    const text = await plain.text()
    for (const [accepted, encoding, unpack] of [
      ['gzip', 'gzip', gunzipSync],
      ['gzip, deflate, br', 'br', brotliDecompressSync],
    ] as const) {
      const packed = await page.request(`/admin/${script}`, { headers: { 'accept-encoding': accepted } })
      assert.equal(packed.headers.get('content-encoding'), encoding)
      assert.equal(packed.headers.get('vary'), 'accept-encoding')
      assert.equal(unpack(await packed.arrayBuffer()).toString(), text)
    }
  })

  it('has nothing beside what the build made', async () => {
    for (const path of [
      '.source-hash',
      '..%2fbuild.ts',
      'assets/../../build.ts',
      'assets/',
      'no-such.js',
      '%',
    ])
      assert.equal((await page.request(`/admin/${path}`)).status, 404, path)
  })

  it('leads from "/admin" to "/admin/", also below a base path', async () => {
    const mounted = new Hono().route('/base', createAdminPage())
    const response = await mounted.request('http://host/base/admin')
    assert.equal(response.status, 308)
    const target = new URL(response.headers.get('location') ?? '', 'http://host/base/admin')
    assert.equal(target.pathname, '/base/admin/')
    assert.equal((await mounted.request(target.href)).status, 200)
  })

  it('answers HEAD without a body', async () => {
    const response = await page.request('/admin/', { method: 'HEAD' })
    assert.equal(response.status, 200)
    assert.equal(await response.text(), '')
  })
})

describe('an admin page that is not built', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plugbay-admin-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('says so, and is there as soon as it is built', async () => {
    const page = createAdminPage({ folder })
    const response = await page.request('/admin/')
    assert.equal(response.status, 503)
    assert.match(await response.text(), /is not built yet/)
    await writeFile(join(folder, 'index.html'), '<p>built</p>')
    assert.equal(await (await page.request('/admin/')).text(), '<p>built</p>')
  })
})
