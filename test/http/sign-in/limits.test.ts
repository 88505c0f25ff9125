// Guessing passwords: what strangers can neither find out nor keep others from.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import { AttemptBudget } from '../../../runtime/http/sign-in/attempt-budget.ts'
import { FailureJournal } from '../../../runtime/http/sign-in/failure-journal.ts'
import { accountFor } from '../../../runtime/http/sign-in/password-check.ts'
import { createPasswords } from '../../../runtime/http/sign-in/password-hash.ts'
import { PasswordQueue } from '../../../runtime/http/sign-in/password-queue.ts'
import { createWords } from '../../../runtime/http/sign-in/words/words.ts'
import { startTestRuntime } from '../../support/runtime.ts'
import { CHEAP, FormBrowser, type FormBrowserOptions, PASSWORD } from './form-browser.ts'

const runtime = await startTestRuntime({ after }, { signIn: CHEAP })
const { principals } = runtime.store
const browser = (of: ReturnType<typeof createApp>, options?: FormBrowserOptions) =>
  new FormBrowser(of, options)
const passwords = createPasswords(CHEAP.passwordCost)

async function addUser(name: string, password: string | null = PASSWORD, by = passwords): Promise<string> {
  const { id } = await principals.addUser({ name, permissions: [] }, { actor: 'test', action: 'user.create' })
  const link = await principals.addPasswordLink(id, { invite: 1000, reset: 1000 }, { actor: 'test' })
  if (password !== null) await principals.setPasswordByLink(link?.secret ?? '', await by.hash(password))
  return id
}

test('strangers who guess are told to wait; the owner gets in, from a known browser and from elsewhere', async () => {
  const app = createApp(runtime)
  const id = await addUser('ada')
  const own = browser(app, { address: '198.51.100.1' })
  await own.signIn('ada')
  await own.post('/sign-out', {})
  const guess = (address: string) => browser(app, { address }).signIn('ada', 'a wrong guess 12')
  for (let i = 0; i < 10; i++) assert.equal((await guess('198.51.100.1')).status, 401)
  const waiting = await guess('198.51.100.1')
  assert.equal(waiting.status, 429)
  assert.ok(Number(waiting.headers.get('retry-after')) > 0)
  // From the very address of the guesser: a school, say.
  assert.equal((await own.signIn('ada')).status, 200)
  // A right password from there is not looked at, in a browser that is new.
  assert.equal((await browser(app, { address: '198.51.100.1' }).signIn('ada')).status, 429)
  // Another account is not held up.
  await addUser('bob')
  assert.equal((await browser(app, { address: '198.51.100.1' }).signIn('bob')).status, 200)
  // Many networks guess at once.
  for (let i = 0; i < 100; i++) await guess(`203.0.113.${i}`)
  for (let i = 0; i < 2; i++) assert.equal((await guess('192.0.2.200')).status, 401)
  assert.equal((await guess('192.0.2.200')).status, 429)
  assert.equal((await browser(app, { address: '192.0.2.201' }).signIn('ada')).status, 200)
  await own.post('/sign-out', {})
  assert.equal((await own.signIn('ada')).status, 200)
  const { items } = await runtime.store.audit.list({ subject: id, limit: 200 })
  const refused = items.filter(({ action }) => action === 'session.refuse')
  // Each is in the log, up to a number that strangers cannot raise.
  assert.equal(refused.length, 60)
  assert.deepEqual(refused.at(-1)?.detail, {
    ...{ by: 'password', reason: 'wrong', address: '198.51.100.1', name: 'ada' },
  })
  assert.ok(refused.some(({ detail }) => detail.reason === 'too many'))
})

test('the browser of somebody else spares nobody the limits', async () => {
  const app = createApp(await startTestRuntime({ after }, { signIn: CHEAP }))
  const stranger = browser(app)
  stranger.cookies.set('plugbay-browser', 'x'.repeat(43))
  for (let i = 0; i < 10; i++) assert.equal((await stranger.signIn('ada', 'a wrong guess 12')).status, 401)
  assert.equal((await stranger.signIn('ada', 'a wrong guess 12')).status, 429)
})

test('a thief of a known browser has a budget too', async () => {
  const app = createApp(runtime)
  await addUser('carol')
  const own = browser(app, { address: '192.0.2.77' })
  await own.signIn('carol')
  await own.post('/sign-out', {})
  for (let i = 0; i < 20; i++) assert.equal((await own.signIn('carol', 'a wrong guess 12')).status, 401)
  assert.equal((await own.signIn('carol')).status, 429)
})

test('the same work is done for every name and every password, also for those that are none', async () => {
  const id = await addUser('dora')
  const disabled = await addUser('disabled one')
  await principals.changeUser(disabled, { disabled: true }, { actor: 'test', action: 'user.change' })
  await addUser('without password', null)
  const work: string[] = []
  const counting = {
    ...passwords,
    verify(password: string, stored: string | null) {
      work.push(stored === null ? 'without a hash' : 'with a hash')
      return passwords.verify(password, stored)
    },
  }
  const parts = {
    ...{ config: runtime.config, store: runtime.store, live: runtime.live, languages: runtime.languages },
    ...{ log: runtime.log, authenticator: { onPage: async () => null } },
    budget: new AttemptBudget(),
    queue: new PasswordQueue(),
    journal: new FailureJournal(runtime.store.audit, runtime.log),
    passwords: counting,
    wordsFor: createWords('en'),
  }
  const visit = { request: new Request('http://127.0.0.1:3000/sign-in'), peer: '192.0.2.9' }
  for (const name of ['dora', 'disabled one', 'without password', 'nobody', '', 'x'.repeat(5000), 'DORA'])
    await assert.rejects(accountFor({ name, password: 'a wrong guess 12' }, visit, parts), {
      code: 'UNAUTHENTICATED',
    })
  assert.equal(work.length, 7)
  await assert.rejects(accountFor({ name: 'disabled one', password: PASSWORD }, visit, parts), {
    code: 'UNAUTHENTICATED',
  })
  assert.equal((await accountFor({ name: 'Dora ', password: PASSWORD }, visit, parts)).id, id)
})

test('a password that was hashed at another cost is hashed again when it is given', async () => {
  const app = createApp(runtime)
  const id = await addUser('erin', PASSWORD, createPasswords({ logN: 7, r: 8, p: 1 }))
  const hash = async () => (await principals.accountOf(id))?.passwordHash ?? ''
  assert.match(await hash(), /^scrypt\$7\$8\$1\$/)
  await browser(app, { address: '192.0.2.90' }).signIn('erin', 'a wrong guess 12')
  assert.match(await hash(), /^scrypt\$7\$8\$1\$/)
  assert.equal((await browser(app, { address: '192.0.2.90' }).signIn('erin')).status, 200)
  assert.match(await hash(), /^scrypt\$8\$8\$1\$/)
  assert.equal((await browser(app, { address: '192.0.2.90' }).signIn('erin')).status, 200)
})

test('a password is the same from every keyboard, and its hash is salted', async () => {
  const one = await passwords.hash('cafe\u0301 au lait noir')
  assert.equal(await passwords.verify('caf\u00e9 au lait noir', one), true)
  assert.notEqual(one, await passwords.hash('caf\u00e9 au lait noir'))
  for (const other of ['', 'cafe au lait noir', 'caf\u00e9 au lait noir '])
    assert.equal(await passwords.verify(other, one), false)
  assert.equal(await passwords.verify('anything', null), false)
  await assert.rejects(passwords.verify('x', 'clear text'), /unknown form/)
})

test('a sign-in that was begun before everything was ended does not outlive it', async () => {
  const id = await addUser('fay')
  const before = await principals.accountOf(id)
  assert.ok(before)
  await principals.endUserSessions(id, { actor: 'test', action: 'session.end-all' })
  await assert.rejects(principals.addUserSession(before, { ttlMs: 1000, detail: {} }), {
    code: 'UNAUTHENTICATED',
  })
  assert.equal(await principals.changePassword(before, await passwords.hash('x')), undefined)
})
