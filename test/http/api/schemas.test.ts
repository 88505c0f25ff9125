// What the first request of the admin API makes the server compile: nothing else is answered meanwhile.

import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { createApp } from '../../../runtime/app.ts'
import { startTestRuntime } from '../../support/runtime.ts'

test('a request compiles the schemas of its own route, and servers of a process share them', async (t) => {
  const compile = mock.method(Ajv2020.prototype, 'compile')
  const schemas = () => new Set(compile.mock.calls.map(({ arguments: [schema] }) => schema)).size
  const apps = [createApp(await startTestRuntime(t)), createApp(await startTestRuntime(t))]
  const before = schemas()
  const compiled: number[] = []
  for (const app of apps) {
    const answer = await app.request('http://127.0.0.1:3000/api/v1/openapi.json')
    assert.equal(answer.status, 200)
    compiled.push(schemas() - before)
  }
  assert.deepEqual(compiled, [1, 1], 'neither parameters nor a query: one schema for both')
})
