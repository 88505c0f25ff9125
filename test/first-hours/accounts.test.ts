// Users, tokens, links and the audit log on the command line. Tests bear the number of the problem that they keep away.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import { readableLine } from '../../runtime/log-line.ts'
import { serve } from '../../runtime/serve.ts'
import { documentOf, runCli } from '../cli/harness.ts'
import { CHEAP, FormBrowser, leadsTo, PASSWORD } from '../http/sign-in/form-browser.ts'
import { ADMIN_TOKEN, startTestRuntime, temporaryFolder } from '../support/runtime.ts'

test('S1: users, tokens and sign-in links are made on the command line, and the audit log tells of it', async (t) => {
  const runtime = await startTestRuntime(t)
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  const url = `http://127.0.0.1:${listening.port}`
  const cwd = await temporaryFolder(t)
  const cli = (token: string, ...args: string[]) =>
    runCli(args, { cwd, env: { PLUGBAY_URL: url, PLUGBAY_TOKEN: token } })
  const done = async (token: string, ...args: string[]) => {
    const ran = await cli(token, ...args, '--json')
    assert.equal(ran.code, 0, ran.out)
    return documentOf(ran).results
  }

  await done(ADMIN_TOKEN, 'users', 'add', 'ada', '--permissions', 'plugins.view,audit.view')
  const next = /Let it sign in: npm run plugbay -- users invite bob$/m
  assert.match((await cli(ADMIN_TOKEN, 'users', 'add', 'bob')).out, next)
  assert.match((await cli(ADMIN_TOKEN, 'user')).out, /^ada +plugins\.view,audit\.view /m)
  const [made] = await done(ADMIN_TOKEN, 'tokens', 'add', 'phone', '--user', 'ada', '--expires', '30d')
  const { id, token, expiresAt } = made ?? {}
  assert.ok(typeof token === 'string' && typeof id === 'string' && typeof expiresAt === 'string')
  assert.ok(Date.parse(expiresAt) > Date.now())
  const listed = await cli(ADMIN_TOKEN, 'tokens')
  assert.match(listed.out, /^phone +plugins\.view,audit\.view /m)
  assert.ok(!listed.out.includes(token))

  // For the own token, and not for one that may do more.
  const [own] = await done(token, 'link')
  assert.equal(await signIn(url, String(own?.url)), 204)
  assert.equal(await signIn(url, String(own?.url)), 401)
  const admins = documentOf(await cli(ADMIN_TOKEN, 'tokens', '--json')).results.find(
    ({ name }) => name === 'admin',
  )
  const refused = await cli(token, 'link', String(admins?.id))
  assert.equal(refused.code, 77, refused.err)
  // For the token of a user, by an administrator.
  const [others] = await done(ADMIN_TOKEN, 'link', id)
  assert.equal(others?.name, 'phone')
  assert.equal(await signIn(url, String(others?.url)), 204)

  const entries = await done(token, 'audit')
  assert.ok(entries.some(({ action, subject }) => action === 'session.link' && subject === id))
  assert.match((await cli(token, 'audit', id, '--limit', '1')).out, /session\./)

  await done(ADMIN_TOKEN, 'users', 'remove', 'ada')
  assert.equal((await cli(token, 'audit')).code, 77)
  for (const [args, message] of [
    [['users', 'remove', 'ada'], /There is no user "ada"/],
    [['users', 'add'], /No user is named/],
    [['users', 'rename', 'x'], /is not one of list, add, invite, reset, disable, enable, sign-out, remove/],
    [['tokens', 'add', 'x'], /Nothing says what the token may do/],
    [['tokens', 'add', 'x', '--permissions', 'a b'], /"a b" is not a permission/],
    [['tokens', 'add', 'x', '--permissions', 'plugins.view', '--expires', 'soon'], /"soon" is not a time/],
  ] as const) {
    const ran = await cli(ADMIN_TOKEN, ...args)
    assert.notEqual(ran.code, 0)
    assert.match(ran.err, message)
  }
})

test('S2: a visitor who is invited on the command line signs in, is led back, and is out when disabled', async (t) => {
  const runtime = await startTestRuntime(t, { signIn: CHEAP })
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  const url = `http://127.0.0.1:${listening.port}`
  const cwd = await temporaryFolder(t)
  const users = async (...args: string[]) => {
    const env = { PLUGBAY_URL: url, PLUGBAY_TOKEN: ADMIN_TOKEN }
    const ran = await runCli(['users', ...args, '--json'], { cwd, env })
    assert.equal(ran.code, 0, ran.err)
    return documentOf(ran).results[0]
  }
  const browser = new FormBrowser(createApp(runtime), { origin: url })
  const invited = await users('invite', 'ada', '--permissions', 'plugins.view')
  assert.equal(invited?.kind, 'invite')
  const code = new URL(String(invited?.url)).searchParams.get('code') ?? ''
  assert.ok(String(invited?.url).startsWith(`${url}/set-password?code=`))
  assert.equal(
    (await browser.post('/set-password', { code, password: PASSWORD, again: PASSWORD })).status,
    303,
  )
  assert.match(await (await browser.get('/')).text(), /Signed in as ada/)
  assert.equal((await users('invite', 'ada'))?.kind, 'reset')
  assert.equal((await users('reset', 'ada'))?.kind, 'reset')
  await users('sign-out', 'ada')
  assert.doesNotMatch(await (await browser.get('/')).text(), /Signed in/)
  assert.equal(await leadsTo(await browser.signIn('ada', PASSWORD, '/plugins/notes/')), '/plugins/notes/')
  assert.equal((await users('disable', 'ada'))?.disabled, true)
  assert.equal((await browser.signIn('ada')).status, 401)
  assert.equal((await users('enable', 'ada'))?.disabled, false)
  assert.equal((await browser.signIn('ada')).status, 200)
})

test('a line of the log is readable, with its facts and its stack, and harmless for a terminal', () => {
  const time = new Date(2026, 0, 31, 14, 5, 9).getTime()
  const line = (entry: object) => readableLine(`${JSON.stringify({ level: 40, time, ...entry })}\n`)
  assert.equal(line({ plugin: 'notes', ms: 12, msg: 'slow' }), '14:05:09 warn  slow plugin=notes ms=12\n')
  assert.equal(line({ msg: 'a\u001b[2Jb', name: 'x y\n' }), '14:05:09 warn  a\\u001b[2Jb name="x y\\n"\n')
  assert.equal(
    line({ level: 50, msg: 'it failed', err: { stack: 'Error: no\n    at x' } }),
    '14:05:09 error it failed\n         Error: no\n             at x\n',
  )
  assert.equal(readableLine('not JSON\u0007\n'), 'not JSON\\u0007\n')
})

async function signIn(url: string, link: string): Promise<number> {
  const code = new URL(link).hash.replace('#code=', '')
  const response = await fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ code }),
  })
  return response.status
}
