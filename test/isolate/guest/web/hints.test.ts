// What a backend lacks is said with what to do instead, once, where its author reads it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp } from '../../../../runtime/app.ts'
import {
  backendOf,
  install,
  logLines,
  pluginZip,
  startTestRuntime,
  upload,
} from '../../../support/runtime.ts'

test('a global of another platform is named with its replacement, in requests and at load', async (t) => {
  const runtime = await startTestRuntime(t)
  const names = [
    'process',
    'Buffer',
    'setImmediate',
    'caches',
    'localStorage',
    'document',
    'WebAssembly',
    'mine',
  ]
  await install(runtime, {
    id: 'foreign',
    backend: backendOf(
      `const name = url.searchParams.get('name'); return new Response(String((0, eval)(name)))`,
    ),
  })
  const app = createApp(runtime)
  const ask = async (query: string) =>
    (await app.request(`http://127.0.0.1:3000/plugins/foreign/api/?name=${query}`)).status
  for (const name of names) assert.equal(await ask(name), 500, name)
  const lines = (await logLines(runtime, 'foreign')).map(({ message }) => message)
  const of = (name: string) => lines.find((line) => line.includes(`${name} is not defined`)) ?? ''
  assert.match(of('process'), /process is not defined\. There is no Node here: settings are in env\.settings/)
  assert.match(of('Buffer'), /Uint8Array/)
  assert.match(of('setImmediate'), /queueMicrotask/)
  assert.match(of('caches'), /env\.kv/)
  assert.match(of('localStorage'), /env\.kv/)
  assert.match(of('document'), /no page/)
  assert.match(of('mine'), /mine is not defined$/m)

  const answer = await upload(
    runtime,
    pluginZip({ id: 'early', backend: `Buffer.from('x'); export default {}` }),
  )
  assert.match(await answer.text(), /Buffer is not defined\. There is no Node here: use Uint8Array/)
})

test('a timer beyond 24.8 days is named once, with what waits longer', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, {
    id: 'patient',
    backend: backendOf(
      `for (const ms of [3e9, 4e9]) clearTimeout(setTimeout(() => {}, ms)); setTimeout(() => {}, 1000); return new Response('')`,
    ),
  })
  await createApp(runtime).request('http://127.0.0.1:3000/plugins/patient/api/')
  const lines = (await logLines(runtime, 'patient')).map(({ message }) => message)
  assert.equal(
    lines.filter((line) => /A timer of 3000000000 ms does not wait that long.*docs\/tasks\.md/.test(line))
      .length,
    1,
  )
  assert.equal(lines.length, 1)
})
