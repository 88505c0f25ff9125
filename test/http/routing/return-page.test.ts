// Where pages of plugins lead a visitor who is not known, and back from, in applications with users of their own.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import { install, startTestRuntime } from '../../support/runtime.ts'
import { leadsTo } from '../sign-in/form-browser.ts'

const runtime = await startTestRuntime(
  { after },
  {
    authenticate: async (request) => {
      const name = /who=(\w+)/.exec(request.headers.get('cookie') ?? '')?.[1]
      if (name === undefined) return null
      return { name, permissions: name === 'ada' ? ['diary.read'] : [], kind: 'application' }
    },
  },
)
await install(runtime, {
  id: 'diary',
  backend: 'export default { fetch: () => new Response("the backend") }',
  manifest: { access: ['diary.read'] },
  files: { 'frontend/index.html': '<!doctype html><p>dear diary' },
})
const app = createApp(runtime, { basePath: '/tools' })
const whole = createApp(runtime)

const SHOWN = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
const HERE = { ...SHOWN, 'sec-fetch-site': 'same-origin' }
const ELSEWHERE = { ...SHOWN, 'sec-fetch-site': 'cross-site' }
/** At a plain address of the network. */
const UNSAID = { accept: 'text/html' }

async function get(
  path: string,
  headers: Record<string, string>,
  { host = '127.0.0.1:3000', in: to = app } = {},
) {
  return await to.request(`http://${host}${path}`, { headers: { ...headers, host }, redirect: 'manual' })
}
const RETURN = '/tools/plugins/?to=%2Ftools%2Fplugins%2Fdiary%2F%3Fx%3D1'

test('a page that another site leads to is led to again from here; then its visitor counts', async () => {
  // Lax cookies come along, and do not count.
  const first = await get('/tools/plugins/diary/?x=1', { ...ELSEWHERE, cookie: 'who=ada' })
  assert.deepEqual([first.status, first.headers.get('location')], [302, RETURN])
  const between = await get(RETURN, { ...ELSEWHERE, cookie: 'who=ada' })
  assert.equal(between.headers.get('cross-origin-opener-policy'), 'same-origin')
  assert.match(
    between.headers.get('content-security-policy') ?? '',
    /^default-src 'none';.*frame-ancestors 'none'/,
  )
  const again = `${RETURN}&again=`
  assert.equal(await leadsTo(between), again)
  const last = await get(again, { ...HERE, cookie: 'who=ada' })
  assert.deepEqual([last.status, last.headers.get('location')], [303, '/tools/plugins/diary/?x=1'])
  assert.equal((await get('/tools/plugins/diary/?x=1', { ...HERE, cookie: 'who=ada' })).status, 200)
})

test('it ends for strangers, and for who may not see the page', async () => {
  for (const headers of [HERE, UNSAID]) {
    const refused = await get(`${RETURN}&again=`, headers)
    assert.equal(refused.status, 401)
    assert.match(refused.headers.get('content-security-policy') ?? '', /sandbox/)
  }
  assert.equal((await get('/tools/plugins/diary/', HERE)).status, 401)
  const unsaid = await get('/tools/plugins/diary/?x=1', UNSAID)
  assert.equal(unsaid.headers.get('location'), RETURN)
  assert.equal(await leadsTo(await get(RETURN, UNSAID)), `${RETURN}&again=`)
  // Another site that names the parameter gains nothing where browsers say that it did.
  assert.equal(
    await leadsTo(await get(`${RETURN}&again=`, { ...ELSEWHERE, cookie: 'who=ada' })),
    `${RETURN}&again=`,
  )
  const bob = { ...HERE, cookie: 'who=bob' }
  assert.equal((await get(RETURN, bob)).status, 303)
  assert.equal((await get('/tools/plugins/diary/?x=1', bob)).status, 403)
  // Where the plugin has an origin of its own, which would lead back here.
  assert.equal((await get('/plugins/diary/', bob, { host: 'localhost:3000', in: whole })).status, 403)
  const own = await get('/?x=1', HERE, { host: 'diary.localhost:3000', in: whole })
  assert.equal(own.headers.get('location'), 'http://localhost:3000/plugins/?to=%2Fplugins%2Fdiary%2F%3Fx%3D1')
})

test('it leads to pages of plugins only', async () => {
  const ada = { ...HERE, cookie: 'who=ada' }
  for (const to of [
    '/tools/plugins/diary/api/',
    '/tools/plugins/diary/.plugbay/token',
    '/tools/plugins/',
    '/tools/admin/',
    '/tools/api/v1/plugins',
    '/plugins/diary/',
    '/tools/plugins/diary/../../admin/',
    '//evil.example/tools/plugins/diary/',
    'https://evil.example/tools/plugins/diary/',
    '/tools/\\evil.example/plugins/diary/',
    'javascript:alert(1)',
    '',
  ])
    for (const headers of [ada, ELSEWHERE, UNSAID]) {
      const refused = await get(`/tools/plugins/?${new URLSearchParams({ to })}`, headers)
      assert.equal(refused.status, 404, to)
    }
  assert.equal((await get('/tools/plugins/', ada)).status, 404)
})

test('programs, scripts, frames and the backend get their refusal', async () => {
  const { accept } = SHOWN
  for (const headers of [
    { accept: 'application/json' },
    { ...ELSEWHERE, 'sec-fetch-dest': 'iframe' },
    { accept, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', 'sec-fetch-site': 'cross-site' },
    { accept, authorization: 'Bearer pbt_wrong' },
  ])
    assert.equal((await get('/tools/plugins/diary/', headers)).status, 401, JSON.stringify(headers))
  assert.equal((await get('/tools/plugins/diary/api/', { ...ELSEWHERE, cookie: 'who=ada' })).status, 401)
})
