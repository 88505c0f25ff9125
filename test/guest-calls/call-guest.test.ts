// Guest calls whose arguments and result are JSON, in a real isolate: alone in a process, and in a shared one.

import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { callGuest, type GuestCallOutcome } from '../../runtime/guest-calls/call-guest.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { install, liveOf, logLines, startTestRuntime, until } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

/** The commands of an administrator call the same handlers, without an argument: then they do nothing. */
const BACKEND = `
class Backend {
  lifecycle = {
    name: 'mine',
    async enable(what, env, ctx) { return ctx && (await CASES[what].call(this, env, ctx)) },
    disable(value, env, ctx) { if (ctx !== undefined) return value },
  }
}
function bomb() { throw new Error('the bomb') }
const deep = (levels) => { let value = 1; while (levels-- > 0) value = [value]; return value }
const circle = {}
circle.circle = circle
const CASES = {
  context: (env, ctx) => ({ user: ctx.user, kv: env.has('kv'), aborted: ctx.signal.aborted }),
  async this() { return this.name },
  nothing() {},
  function: () => () => 1,
  symbol: () => Symbol('s'),
  bigint: () => 1n,
  circle: () => circle,
  toJSON: () => ({ toJSON: bomb }),
  giant: () => ({ toJSON: () => 'x'.repeat(600_000) }),
  deep: () => deep(150),
  level: () => deep(100),
  getter: () => ({ get a() { return bomb() } }),
  throws: () => bomb(),
  string: () => { throw 'only text' },
  then: () => ({ then() { throw new Error('no then') } }),
  thenGetter: () => ({ get then() { throw new Error('no getter') } }),
  thenable: () => ({ then(resolve) { setTimeout(resolve, 5, { later: true }) } }),
  proxy: () => new Proxy({}, { has: bomb, get(target, name) { return name === 'then' ? undefined : bomb() } }),
  async never(env, ctx) {
    ctx.signal.addEventListener('abort', () => console.log('aborted: ' + ctx.signal.reason.name))
    await new Promise(() => {})
  },
  neverThenable: () => ({ then() {} }),
  async waits(env, ctx) {
    ctx.waitUntil((async () => {
      await new Promise((resolve) => setTimeout(resolve, 100))
      await env.kv.put('waited', 'yes')
      console.log('waited for')
    })())
    ctx.waitUntil(Promise.reject(new Error('nobody awaits it')))
  },
  async asks(env) { console.log('before'); const value = await env.kv.get('waited'); console.log('after'); return value },
  patches() { JSON.stringify = () => { throw new Error('patched') }; Reflect.apply = undefined; Object.keys = undefined; return 'patched' },
}
export default new Backend()
`

for (const [title, maxProcesses] of [
  ['a process of its own', 8],
  ['a shared process', 0],
] as const)
  describe(`a guest call in ${title}`, () => {
    const scope = sharedScope()
    let runtime: Runtime
    let requests = 0
    const user = { name: 'ada', permissions: ['events.view'] }
    const ask = (what: unknown, options: { signal?: AbortSignal } = {}): Promise<GuestCallOutcome> =>
      callGuest(liveOf(runtime, 'asked'), 'lifecycle.enable', {
        args: [what],
        user,
        requestId: `r${++requests}`,
        ...options,
      })
    const lines = () => logLines(runtime, 'asked')
    before(async () => {
      runtime = await startTestRuntime(scope, { config: { sandbox: { maxProcesses } } })
      await install(runtime, { id: 'asked', backend: BACKEND, manifest: { permissions: { kv: true } } })
      assert.equal(
        runtime.sandbox.processes.find(({ plugins }) => plugins.length > 0)?.shared,
        maxProcesses === 0,
      )
    })

    it('has the user, the grants and a signal, and gives JSON back', async () => {
      assert.deepEqual(await ask('context'), { ok: true, value: { user, kv: true, aborted: false } })
      assert.deepEqual(await ask('this'), { ok: true, value: 'mine' })
      assert.deepEqual(await ask('nothing'), { ok: true, value: null })
      assert.deepEqual(await ask('thenable'), { ok: true, value: { later: true } })
      assert.deepEqual(((await ask('level')) as { ok: boolean }).ok, true)
    })

    it('passes arguments as they are', async () => {
      const value = { a: [1, 'ü\u2028', null], __proto__: { x: 1 } }
      const outcome = await callGuest(liveOf(runtime, 'asked'), 'lifecycle.disable', {
        args: [value],
        user: null,
        requestId: 'r0',
      })
      assert.deepEqual(outcome, { ok: true, value: { a: [1, 'ü\u2028', null] } })
    })

    it('refuses arguments that are too large', async () => {
      const outcome = await ask('x'.repeat(600_000))
      assert.deepEqual([outcome.ok, !outcome.ok && outcome.code], [false, 'QUOTA_EXCEEDED'])
    })

    for (const [what, message] of [
      ['function', /^TypeError: The result of "lifecycle.enable" is not JSON$/],
      ['symbol', /^TypeError: The result of "lifecycle.enable" is not JSON$/],
      ['bigint', /^TypeError: /],
      ['circle', /^TypeError: Converting circular structure/],
      ['toJSON', /^Error: the bomb$/],
      ['giant', /^RangeError: The result of "lifecycle.enable" has more than 524288/],
      ['deep', /^The result of "lifecycle.enable" is not one/],
      ['getter', /^Error: the bomb$/],
      ['throws', /^Error: the bomb$/],
      ['string', /^Error: Thrown: only text$/],
      ['then', /^Error: no then$/],
      ['thenGetter', /^Error: no getter$/],
      ['proxy', /^Error: the bomb$/],
    ] as const)
      it(`fails in words, with a line of the log: ${what}`, async () => {
        const outcome = await ask(what)
        assert.ok(!outcome.ok)
        assert.equal(outcome.code, 'GUEST_ERROR')
        assert.match(outcome.message, message)
        const line = (await lines()).findLast(({ requestId }) => requestId === `r${requests}`)
        assert.equal(line?.level, 'error')
        if (what === 'throws') assert.match(line?.stack ?? '', /at bomb \(backend\/index\.js:9:/)
      })

    it('can be given up, before and while it runs', async () => {
      for (const what of ['never', 'neverThenable']) {
        const controller = new AbortController()
        const asked = ask(what, { signal: controller.signal })
        setTimeout(() => controller.abort(), 100)
        assert.deepEqual(await asked, { ok: false, code: 'CANCELLED', message: 'The call was given up' })
      }
      await until('the guest was told', async () =>
        (await lines()).some(({ message }) => message === 'aborted: AbortError'),
      )
      const outcome = await ask('nothing', { signal: AbortSignal.abort() })
      assert.ok(!outcome.ok && outcome.code === 'CANCELLED')
    })

    it('labels what is logged with its request, across host calls', async () => {
      await ask('waits')
      await until('it waited', async () => (await lines()).some(({ message }) => message === 'waited for'))
      const lost = (await lines()).find(({ message }) => message === 'Error: nobody awaits it')
      assert.equal(lost?.requestId, `r${requests}`)
      assert.deepEqual(await ask('asks'), { ok: true, value: 'yes' })
      const own = (await lines()).filter(({ requestId }) => requestId === `r${requests}`)
      assert.deepEqual(
        own.map(({ message }) => message),
        ['before', 'after'],
      )
    })

    it('does not count as a request', async () => {
      const { resources } = await runtime.plugins.get('asked')
      assert.equal(resources.requests, 0)
      assert.ok((resources.hostCalls['kv.put'] ?? 0) > 0)
    })

    it('fails with HANDLER_MISSING without a handler', async () => {
      const outcome = await callGuest(liveOf(runtime, 'asked'), 'lifecycle.install', {
        user: null,
        requestId: 'r0',
      })
      assert.deepEqual(outcome, {
        ok: false,
        code: 'HANDLER_MISSING',
        message: 'The backend exports no "lifecycle.install"',
      })
    })

    it('fails with GUEST_CRASHED when the isolate ends', async () => {
      await install(runtime, {
        id: 'stuck',
        backend: `export default { lifecycle: { enable(...args) { while (args.length > 2) {} } } }`,
        manifest: { limits: { cpuMs: 100 } },
      })
      const outcome = await callGuest(liveOf(runtime, 'stuck'), 'lifecycle.enable', {
        args: ['for ever'],
        user: null,
        requestId: 'r0',
      })
      assert.ok(!outcome.ok)
      assert.ok(['GUEST_DEADLINE', 'GUEST_CRASHED'].includes(outcome.code), outcome.code)
      assert.match((await logLines(runtime, 'stuck')).at(-1)?.message ?? '', /GUEST_|processor/)
    })

    it('does not lean on built-ins that a plugin patches', async () => {
      assert.deepEqual(await ask('patches'), { ok: true, value: 'patched' })
    })
  })
