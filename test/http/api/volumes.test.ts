import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import { openApi } from '../../support/api-server.ts'
import { backendOf, install, startTestRuntime } from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'

const scope = sharedScope()

test('drives are mounted and ejected by who may manage them, and where the server does that', async (t) => {
  const runtime = await startTestRuntime(scope)
  const api = await openApi(t, runtime)
  const ask = async (token: string) => {
    const response = await api.request('/volumes/0123456789ab/eject', { method: 'POST', token })
    return [response.status, ((await response.json()) as { code: string }).code]
  }
  assert.deepEqual(await ask(await api.token('devices.view')), [403, 'FORBIDDEN'])
  assert.deepEqual(await ask(await api.token('volumes.manage')), [409, 'DRIVES_NOT_MANAGED'])
})

test('a plugin ejects a drive only with its own grant', async () => {
  const runtime = await startTestRuntime(scope, { config: { volumes: { udisks: true } } })
  const backend = backendOf(
    `try { await env.volumes.eject('0123456789ab') } catch (error) { return Response.json([error.name, error.cause?.code]) }`,
  )
  const app = createApp(runtime)
  for (const [id, volumes, outcome] of [
    ['writer', 'readwrite', ['NotAllowedError', 'PERMISSION_DENIED']],
    ['ejector', 'eject', ['NotFoundError', 'DRIVE_UNKNOWN']],
  ] as const) {
    await install(runtime, { id, backend, manifest: { permissions: { volumes } } })
    const response = await app.request(`http://127.0.0.1:3000/plugins/${id}/api/`)
    assert.deepEqual(await response.json(), outcome)
  }
})
