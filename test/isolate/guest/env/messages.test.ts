// ctx.language, ctx.dir, ctx.t and env.t, as a plugin meets them.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createApp } from '../../../../runtime/app.ts'
import { callGuest } from '../../../../runtime/guest-calls/call-guest.ts'
import type { Runtime } from '../../../../runtime/runtime.ts'
import { backendOf, install, liveOf, logLines, startTestRuntime } from '../../../support/runtime.ts'
import { sharedScope } from '../../../support/scope.ts'

const BACKEND = `
const shared = []
const tests = {
  texts: (env, ctx) => [ctx.language, ctx.dir, ctx.t('entries.count', { count: 3 }), env.t('entries.count', { count: 3 })],
  others: (env) => [env.language, env.t('hello', undefined, { language: 'fr' }), env.t('hello', undefined, { language: 'tlh' })],
  missing: (env, ctx) => [ctx.t('english'), ctx.t('no such key'), ctx.t('broken', { x: 1 }), ctx.t('needs')],
  async later(env, ctx) {
    await env.kv.put('a', 'b')
    await new Promise((resolve) => setTimeout(resolve, 20))
    return env.t('hello')
  },
  taken(env, ctx) {
    const { t } = ctx
    return t('hello')
  },
  date: (env, ctx) => ctx.t('day', { day: new Date(2026, 10, 28, 12) }),
  odd(env, ctx) {
    const seen = []
    for (const value of [undefined, null, 7, {}, Symbol('s')]) {
      try { seen.push(ctx.t(value)) } catch (error) { seen.push(error.name) }
    }
    return [seen, Object.isFrozen(env), typeof catalog]
  },
}
export default {
  async fetch(request, env, ctx) {
    return Response.json(await tests[new URL(request.url).pathname.slice(1)](env, ctx))
  },
  lifecycle: { enable: (env, ctx) => ({ language: ctx.language, text: ctx.t('hello') }) },
}
`
const CATALOGS = {
  en: {
    hello: 'Hello',
    english: 'Only English',
    entries: { count: '{count, plural, one {# entry} other {# entries}}' },
    day: '{day, date, long}',
    broken: 'Broken',
    needs: '{value}',
  },
  fr: {
    hello: 'Bonjour',
    entries: { count: '{count, plural, one {# entrée} other {# entrées}}' },
    day: '{day, date, long}',
  },
  ar: {
    hello: 'مرحبا',
    'entries.count': '{count, plural, one {مدخل} two {مدخلان} few {# مدخلات} other {# مدخل}}',
    day: '{day, date, long}',
    broken: '{x, number, ::currency/ABCD}',
  },
  // Not a language of the host: no instance gets it.
  de: { hello: 'Hallo' },
}

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope, { config: { languages: ['en', 'fr', 'ar'] } })
  const files = Object.fromEntries(
    Object.entries(CATALOGS).map(([language, messages]) => [
      `locales/${language}.json`,
      JSON.stringify(messages),
    ]),
  )
  await install(runtime, { id: 'school', backend: BACKEND, files, manifest: { permissions: { kv: true } } })
  await install(runtime, { id: 'bare', backend: BACKEND })
})

async function ask(path: string, language = 'en', id = 'school'): Promise<unknown> {
  const response = await createApp(runtime).request(`http://127.0.0.1:3000/plugins/${id}/api/${path}`, {
    headers: { 'accept-language': language },
  })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return JSON.parse(text)
}

test('texts are in the language of the request, with its plurals', async () => {
  assert.deepEqual(await ask('texts'), ['en', 'ltr', '3 entries', '3 entries'])
  assert.deepEqual(await ask('texts', 'fr'), ['fr', 'ltr', '3 entrées', '3 entrées'])
  assert.deepEqual(await ask('texts', 'ar-EG'), ['ar', 'rtl', '3 مدخلات', '3 مدخلات'])
})

test('dates are those of the language', async () => {
  assert.equal(await ask('date', 'fr'), '28 novembre 2026')
  assert.match(String(await ask('date', 'ar')), /28 نوفمبر 2026|٢٨ نوفمبر ٢٠٢٦/)
})

test('env knows the default language, and any of the host on request', async () => {
  assert.deepEqual(await ask('others', 'ar'), ['en', 'Bonjour', 'Hello'])
})

test('requests at the same time keep their languages, also after they waited', async () => {
  const languages = ['en', 'fr', 'ar', 'fr', 'en', 'ar']
  assert.deepEqual(await Promise.all(languages.map((language) => ask('later', language))), [
    'Hello',
    'Bonjour',
    'مرحبا',
    'Bonjour',
    'Hello',
    'مرحبا',
  ])
  assert.equal(await ask('taken', 'fr'), 'Bonjour')
})

test('what is missing comes from another language, then it is the key; what is broken is logged once', async () => {
  assert.deepEqual(await ask('missing', 'ar'), ['Only English', 'no such key', 'Broken', 'needs'])
  await ask('missing', 'ar')
  const warnings = (await logLines(runtime, 'school')).filter(({ level }) => level === 'warn')
  assert.deepEqual(
    warnings.map(({ message }) => message.replace(/: .*/, '')),
    ['The message "broken" in "ar" cannot be shown'],
  )
})

test('a plugin without catalogs gets keys, and its requests a language', async () => {
  assert.deepEqual(await ask('texts', 'ar', 'bare'), ['ar', 'rtl', 'entries.count', 'entries.count'])
})

test('odd keys are keys, and the wall shows nothing of the catalogs', async () => {
  assert.deepEqual(await ask('odd'), [
    ['undefined', 'null', '7', '[object Object]', 'Symbol(s)'],
    true,
    'undefined',
  ])
})

test('a handler that no request has caused speaks the default language', async () => {
  const outcome = await callGuest(liveOf(runtime, 'school'), 'lifecycle.enable', {
    user: null,
    requestId: 'r1',
  })
  assert.deepEqual(outcome, { ok: true, value: { language: 'en', text: 'Hello' } })
  const french = { user: null, requestId: 'r2', language: 'fr' }
  const other = await callGuest(liveOf(runtime, 'school'), 'lifecycle.enable', french)
  assert.deepEqual(other, { ok: true, value: { language: 'fr', text: 'Bonjour' } })
})

test('in a shared process messages are the same', async (t) => {
  const crowded = await startTestRuntime(t, {
    config: { languages: ['en', 'fr'], sandbox: { maxProcesses: 1 } },
  })
  for (const id of ['first', 'second', 'third'])
    await install(crowded, {
      id,
      backend: backendOf("return new Response(ctx.t('hello'))"),
      files: { 'locales/fr.json': `{"hello":"Bonjour ${id}"}` },
    })
  for (const id of ['first', 'second', 'third', 'first']) {
    const response = await createApp(crowded).request(`http://127.0.0.1:3000/plugins/${id}/api/`, {
      headers: { 'accept-language': 'fr' },
    })
    assert.equal(await response.text(), `Bonjour ${id}`)
  }
})
