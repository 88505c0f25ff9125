// The sample host as its readers meet it: a server on loopback, its members, and plugins that take part in its pages.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { library as declaration } from '../../sample-plugins/host/declaration.ts'
import { startLibrary } from '../../sample-plugins/host/library.ts'
import type { ExtensionPoints } from '../../sdk/api/extension-points.ts'
import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import { POINT_KIND_NAMES } from '../../sdk/host/point-kinds.ts'
import { backendOf, pluginZip, temporaryFolder } from '../support/runtime.ts'

const data = await temporaryFolder({ after })
const library = await startLibrary({ data, port: 0, logLevel: 'silent', environment: {} })
after(() => library.close())
const password = library.firstPassword ?? assert.fail('the first start made no password')

type Headers = Readonly<Record<string, string>>

const get = (path: string, headers: Headers = {}) =>
  fetch(library.url + path, { redirect: 'manual', headers })
const textOf = async (path: string, headers: Headers = {}) => (await get(path, headers)).text()

function post(path: string, form: Headers = {}, headers: Headers = {}) {
  const body = new URLSearchParams(form)
  return fetch(library.url + path, {
    method: 'POST',
    redirect: 'manual',
    body,
    headers: { origin: library.url, ...headers },
  })
}

async function signIn(name: string): Promise<{ readonly cookie: string }> {
  const response = await post('/en/sign-in', { name, password })
  assert.equal(response.status, 303)
  const cookie = response.headers.getSetCookie().find((each) => each.startsWith('library-session=')) ?? ''
  assert.match(cookie, /HttpOnly/)
  return { cookie: cookie.split(';')[0] ?? '' }
}

describe('the pages', () => {
  it('are in the language that the reader asks for, and Arabic runs from right to left', async () => {
    const languageOf = async (accept: string) =>
      (await get('/', { 'accept-language': accept })).headers.get('location')
    assert.equal(await languageOf('ar;q=0.4, fr-CA, en;q=0.8'), '/fr/')
    assert.equal(await languageOf('zh'), '/en/')
    assert.match(await textOf('/fr/'), /<html lang="fr" dir="ltr"[\s\S]*Que lirez-vous/)
    assert.match(await textOf('/ar/'), /<html lang="ar" dir="rtl"[\s\S]*ماذا ستقرأ/)
    assert.equal((await get('/xx/')).status, 404)
  })

  it('find books by title, author and subject, and show what was typed as text', async () => {
    const found = await textOf('/en/?q=verne')
    assert.match(found, /Vingt mille lieues/)
    assert.doesNotMatch(found, /Flatland/)
    assert.doesNotMatch(await textOf('/en/?subject=science'), /Flatland/)
    const typed = await textOf(`/en/?q=${encodeURIComponent('"><script>x')}`)
    assert.doesNotMatch(typed, /<script>/)
    assert.match(typed, /&lt;script&gt;x/)
    assert.equal((await get('/en/books/9999')).status, 404)
  })
})

describe('the members', () => {
  it('sign in by name and password only', async () => {
    for (const [name, wrong] of [
      ['amina', 'guess'],
      ['nobody', password],
      ['', ''],
    ] as const) {
      const response = await post('/en/sign-in', { name, password: wrong })
      assert.equal(response.status, 401)
      assert.doesNotMatch(String(response.headers.get('set-cookie')), /library-session/)
    }
  })

  it('borrow a book one at a time, by requests of the library itself', async () => {
    const [tomas, yara] = [await signIn('tomas'), await signIn('yara')]
    const foreign = { ...yara, origin: 'https://elsewhere.example' }
    assert.equal((await post('/en/books/1/borrow', {}, foreign)).status, 403)
    await post('/en/books/1/borrow', {}, yara)
    await post('/en/books/1/borrow', {}, tomas)
    assert.match(await textOf('/en/loans', yara), /Alice/)
    assert.doesNotMatch(await textOf('/en/loans', tomas), /Alice/)
    assert.match(await textOf('/en/books/1', tomas), /Somebody is reading it/)
    await post('/en/books/1/return', {}, tomas)
    assert.match(await textOf('/en/loans', yara), /Alice/)
    await post('/en/books/1/return', {}, yara)
    assert.doesNotMatch(await textOf('/en/loans', yara), /Alice/)
  })

  it('sync with the district as librarian, and a second time there is nothing new', async () => {
    assert.equal((await get('/en/sync', await signIn('yara'))).status, 404)
    const amina = await signIn('amina')
    for (let count = 0; count < 2; count += 1) assert.equal((await post('/en/sync', {}, amina)).status, 303)
    const rows = [...(await textOf('/en/sync', amina)).matchAll(/<td>(\d+)<\/td><td>(\d+)<\/td>/g)]
    assert.deepEqual(
      rows.map(([, added, updated]) => [added, updated]),
      [
        ['0', '0'],
        ['3', '1'],
      ],
    )
    assert.match(await textOf('/en/?q=flatland'), /Flatland/)
  })

  it('are the users of the runtime: a librarian administers it, others do not, and signing out ends that', async () => {
    const plugins = async (headers: Headers) => (await get('/apps/api/v1/plugins', headers)).status
    assert.equal(await plugins({}), 401)
    assert.equal(await plugins(await signIn('yara')), 403)
    const amina = await signIn('amina')
    assert.equal(await plugins(amina), 200)
    await post('/en/sign-out', {}, amina)
    assert.equal(await plugins(amina), 401)
  })
})

describe('plugins', () => {
  const hooked = (id: string, hook: string, body: string) =>
    pluginZip({
      id,
      backend: `export default { hooks: { '${hook}': async (value, { user, language }) => { ${body} } } }`,
      manifest: { contributes: { hooks: [{ hook }] } },
    })
  const install = async (headers: Headers, zip: Uint8Array<ArrayBuffer>) => {
    const response = await fetch(`${library.url}/apps/api/v1/plugins`, {
      method: 'POST',
      headers: { ...headers, origin: library.url, 'content-type': 'application/zip' },
      body: zip,
    })
    assert.equal(response.status, 201, await response.clone().text())
  }
  const remove = async (headers: Headers, id: string) => {
    const response = await fetch(`${library.url}/apps/api/v1/plugins/${id}`, {
      method: 'DELETE',
      headers: { ...headers, origin: library.url },
    })
    assert.ok(response.ok)
  }

  it('change titles as soon as they are uploaded, and the titles are back when they are gone', async () => {
    const amina = await signIn('amina')
    const star = "return value.map(({ id, title }) => ({ id, title: title + ' *' + language }))"
    await install(amina, hooked('star', 'content.titles', star))
    assert.match(await textOf('/fr/'), /Flatland \*fr/)
    assert.match(await textOf('/en/books/6'), /<h1[^>]*>Flatland \*en/)
    await remove(amina, 'star')
    assert.doesNotMatch(await textOf('/fr/'), /\*fr/)
  })

  it('cost nobody else anything when they throw, lose books or put markup into titles', async () => {
    const amina = await signIn('amina')
    await install(amina, hooked('a-thrower', 'content.titles', "throw new Error('no')"))
    await install(amina, hooked('b-eater', 'content.titles', 'return []'))
    await install(
      amina,
      hooked('c-painter', 'theme.colours', "return { accent: 'red;}', accentInk: '#000000' }"),
    )
    const page = await textOf('/en/')
    assert.match(page, /Flatland/)
    assert.match(page, /--accent: #0b6e4f;/)
    const logs = await textOf('/apps/api/v1/plugins/a-thrower/logs', amina)
    assert.match(logs, /no/)
    const markup = "return value.map(({ id }) => ({ id, title: '<img src=x>' }))"
    await install(amina, hooked('d-injector', 'content.titles', markup))
    assert.doesNotMatch(await textOf('/en/'), /<img/)
    for (const id of ['a-thrower', 'b-eater', 'c-painter', 'd-injector']) await remove(amina, id)
  })

  it('append notices and change how many books a member may have, until they are gone', async () => {
    const amina = await signIn('amina')
    await post('/en/books/2/borrow', {}, amina)
    const greedy = { maxLoans: 1 }
    const manifest = {
      settingDefaults: { 'school-library': greedy },
      settingAppends: { 'school-library': { notices: ['<b>Closed</b> on Friday'] } },
    }
    await install(amina, pluginZip({ id: 'rules', backend: backendOf('return new Response()'), manifest }))
    assert.match(await textOf('/en/'), /&lt;b&gt;Closed&lt;\/b&gt; on Friday/)
    await post('/en/books/3/borrow', {}, amina)
    assert.doesNotMatch(await textOf('/en/loans', amina), /Treasure Island/)
    assert.match(await textOf('/en/books/3', amina), /as many books as you may/)
    await remove(amina, 'rules')
    assert.doesNotMatch(await textOf('/en/'), /Closed/)
    await post('/en/books/3/borrow', {}, amina)
    assert.match(await textOf('/en/loans', amina), /Treasure Island/)
  })

  it('are notified before and after a sync, in this order, and one that throws does not stop it', async () => {
    const amina = await signIn('amina')
    const listener = (id: string, body: string) =>
      pluginZip({
        id,
        backend: `const seen = []
          export default {
            events: { 'sync.*': (event) => { ${body} } },
            fetch: () => Response.json(seen),
          }`,
        manifest: { permissions: { events: ['sync.*'] } },
      })
    await install(amina, listener('a-thrower', "throw new Error('no')"))
    await install(amina, listener('b-listener', 'seen.push([event.name, event.data])'))
    assert.equal((await post('/en/sync', {}, amina)).status, 303)
    assert.deepEqual(JSON.parse(await textOf('/apps/plugins/b-listener/api/', amina)), [
      ['sync.before', {}],
      ['sync.after', { added: 0, updated: 0 }],
    ])
    for (const id of ['a-thrower', 'b-listener']) await remove(amina, id)
  })

  it('see the points that the library declares in its list', async () => {
    const points = JSON.parse(
      await textOf('/apps/api/v1/extension-points', await signIn('amina')),
    ) as ExtensionPoints
    assert.equal(points.host.id, 'school-library')
    const own = points.items.filter(({ owner, isServed }) => owner === 'school-library' && isServed)
    const declared: HostDeclaration = declaration
    assert.deepEqual(
      own.map(({ kind, name }) => `${kind} ${name}`),
      POINT_KIND_NAMES.flatMap((kind) => Object.keys(declared[kind] ?? {}).map((name) => `${kind} ${name}`)),
    )
    assert.ok(own.length >= 11)
  })
})

it('a second start keeps the books and the passwords, and says no password', async () => {
  const folder = await temporaryFolder({ after })
  const first = await startLibrary({ data: folder, port: 0, logLevel: 'silent' })
  await first.close()
  assert.ok(existsSync(join(folder, 'library.db')))
  const second = await startLibrary({ data: folder, port: 0, logLevel: 'silent' })
  assert.equal(second.firstPassword, undefined)
  await second.close()
  await assert.rejects(fetch(second.url))
})
