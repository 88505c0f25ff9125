// Lifecycle handlers that never end: each is aborted at its deadline, and delays nothing else until then.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  backendOf,
  install,
  pluginZip,
  startTestRuntime,
  temporaryFolder,
  until,
  upload,
  WAYS,
} from '../../support/runtime.ts'
import { command, get, messages, plugin } from './handled-plugin.ts'

const NEVER_ENDS = "console.log('at work'); await new Promise(() => {})"

test('a disable that never ends is given up at its deadline, and is a warning', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, plugin('1.0.0', { disable: NEVER_ENDS }))
  const disabled = await command(runtime, 'disable')
  assert.deepEqual([disabled.enabled, disabled.state], [false, 'disabled'])
  assert.equal(disabled.problem?.message, '"lifecycle.disable" failed: No answer within 10000 ms')
  assert.ok((await messages(runtime)).includes('error GUEST_DEADLINE: No answer within 10000 ms'))
})

test('an enable that never ends at the start of the server holds up its own plugin only', async (t) => {
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { config: { data } })
  await install(first, { id: 'other', backend: backendOf("return new Response('well')") })
  const installing = upload(first, pluginZip(plugin('1.0.0', { enable: NEVER_ENDS })))
  await until('it is at work', async () =>
    (await messages(first).catch((): readonly string[] => [])).includes('info at work'),
  )
  await first.close()
  await installing
  const second = await startTestRuntime(t, { config: { data } })
  assert.equal((await get(second)).state, 'starting')
  for (const way of WAYS) {
    const client = await way.open(t, second)
    assert.equal(await (await client.fetch('/plugins/other/api/')).text(), 'well')
    const refused = await client.fetch('/plugins/book/api/')
    assert.deepEqual([refused.status, refused.headers.has('retry-after')], [503, true])
  }
})
