// env.hooks: a plugin applies hooks of the application, where it is granted.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { defineHost } from '../../runtime/index.ts'
import { install, logLines, send, startTestRuntime } from '../support/runtime.ts'

const TEXT = { type: 'string', maxLength: 200 } as const
const host = defineHost({
  id: 'library',
  version: '2.3.0',
  languages: { available: ['en', 'fr'], default: 'en' },
  hooks: {
    'content.title': { value: TEXT, deadlineMs: 10_000 },
    'content.start': { value: TEXT, deadlineMs: 30_000 },
  },
})
const runtime = await startTestRuntime({ after }, { host })

const plugin = (id: string, hooks: Readonly<Record<string, string>>, permissions: object = {}) => ({
  id,
  backend: `export default { hooks: { ${Object.entries(hooks)
    .map(([name, body]) => `${JSON.stringify(name)}: async (value, context, env) => { ${body} }`)
    .join()} } }`,
  manifest: { permissions, contributes: { hooks: Object.keys(hooks).map((hook) => ({ hook })) } },
})

/** Runs the code in the plugin "caller"; resolves with what it returns. */
async function inCaller(body: string, permissions: object): Promise<string> {
  await install(runtime, plugin('caller', { 'content.start': body }, permissions))
  const { value, skipped } = await runtime.hooks.apply('content.start', '')
  await send(runtime, 'DELETE', '/plugins/caller?data=delete')
  assert.deepEqual(skipped, [])
  return value
}

test('a plugin that is granted a hook passes a value through the others', async () => {
  await install(
    runtime,
    plugin('loud', { 'content.title': 'return value.toUpperCase() + context.language + context.user' }),
  )
  await install(runtime, plugin('broken', { 'content.title': 'throw new Error("a secret of its own")' }))
  const body = 'return JSON.stringify(await env.hooks.apply("content.title", "a", { language: "fr" }))'
  const outcome = JSON.parse(await inCaller(body, { applyHooks: ['content.*'] }))
  assert.deepEqual(outcome, {
    value: 'Afrnull',
    applied: [{ plugin: 'loud', changed: true }],
    skipped: [{ plugin: 'broken', code: 'GUEST_ERROR' }],
  })
  for (const id of ['loud', 'broken']) await send(runtime, 'DELETE', `/plugins/${id}?data=delete`)
})

test('the hook is applied in the language that the plugin was called in, unless it names another', async () => {
  await install(runtime, plugin('telling', { 'content.title': 'return context.language' }))
  const body = `const plain = env.hooks.apply('content.title', '')
    const inEnglish = env.hooks.apply('content.title', '', { language: 'en' })
    return (await plain).value + ' ' + (await inEnglish).value`
  await install(runtime, plugin('caller', { 'content.start': body }, { applyHooks: ['content.title'] }))
  const { value } = await runtime.hooks.apply('content.start', '', { language: 'fr' })
  assert.equal(value, 'fr en')
  for (const id of ['telling', 'caller']) await send(runtime, 'DELETE', `/plugins/${id}?data=delete`)
})

const ask = (call: string) =>
  `try { await ${call}; return 'fine' } catch (error) { return error.code ?? error.name }`
for (const [name, call, permissions, code] of [
  [
    'a hook that is not granted',
    'env.hooks.apply("content.title", "a")',
    { applyHooks: ['content.start'] },
    'PERMISSION_DENIED',
  ],
  ['anything without the permission', 'env.hooks.apply("content.title", "a")', {}, 'TypeError'],
  ['an unknown hook', 'env.hooks.apply("content.titel", "a")', { applyHooks: ['*'] }, 'POINT_UNKNOWN'],
  ['a name that is no text', 'env.hooks.apply({}, "a")', { applyHooks: ['*'] }, 'HOST_CALL_INVALID'],
  [
    'a value that does not match',
    'env.hooks.apply("content.title", 5)',
    { applyHooks: ['*'] },
    'VALUE_INVALID',
  ],
  [
    'a language that is no text',
    'env.hooks.apply("content.title", "a", { language: 5 })',
    { applyHooks: ['*'] },
    'HOST_CALL_INVALID',
  ],
] as const)
  test(`refused: ${name}`, async () => {
    assert.equal(await inCaller(ask(call), permissions), code)
  })

test('a hook that applies itself ends at a fixed depth', async () => {
  const body = `try { return (await env.hooks.apply('content.title', value + 'x')).value } catch (error) { console.log(error.code); return value }`
  await install(runtime, plugin('endless', { 'content.title': body }, { applyHooks: ['content.title'] }))
  const { value } = await runtime.hooks.apply('content.title', '')
  assert.equal(value, 'x'.repeat(7))
  assert.deepEqual(
    (await logLines(runtime, 'endless')).map(({ message }) => message),
    ['QUOTA_EXCEEDED'],
  )
  await send(runtime, 'DELETE', '/plugins/endless?data=delete')
})
