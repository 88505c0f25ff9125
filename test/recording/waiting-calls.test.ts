// Recorded calls that wait: one that its caller cancels has ended, though nothing answers it; one whose release is replaced goes on.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PluginRecording } from '../../runtime/recording/plugin-recording.ts'
import { ReleaseRecorder } from '../../runtime/recording/release-recorder.ts'
import type { QueueEntry } from '../../runtime/sandbox/runner/call-queue.ts'
import type { Caller } from '../../runtime/sandbox/runner/caller.ts'
import { type CallMessage, type Desk, GuestCall } from '../../runtime/sandbox/runner/guest-call.ts'
import { createSecretMask } from '../../runtime/secrets/secret-mask.ts'
import type { RecordedCall } from '../../sdk/api/recordings.ts'
import {
  backendOf,
  install,
  type PluginSource,
  send,
  startTestRuntime,
  until,
  WAYS,
} from '../support/runtime.ts'

test('a call that is cancelled while it waits is recorded as cancelled, and its caller is told nothing', () => {
  const told: string[] = []
  const tell = (what: string) => () => void told.push(what)
  const caller: Caller = {
    reply: tell('reply'),
    error: tell('error'),
    opened: tell('opened'),
    moved: tell('moved'),
    retired: tell('retired'),
  }
  const left: QueueEntry[] = []
  const desk: Desk = {
    deadlineMs: 1000,
    answered: tell('answered'),
    free: tell('free'),
    leave: (entry) => left.push(entry) > 0,
    repeat: tell('repeat'),
    countError: tell('countError'),
  }
  const recording = new PluginRecording()
  const recorder = new ReleaseRecorder(recording, createSecretMask(new Map()))
  const head = { m: 'fetch', method: 'GET', url: 'http://here/waits', headers: [], requestId: 'one' }
  const message: CallMessage = { head: JSON.stringify(head), body: undefined, kind: 'read' }
  const call = new GuestCall(desk, message, recorder.watch(message, caller), 0)
  const entry: QueueEntry = { call, bytes: 0, since: 0 }
  call.enter(entry)
  const outcome = () => recording.list().map(({ title, outcome }) => [title, outcome])
  assert.deepEqual(outcome(), [['GET /waits', 'running']])
  call.cancel()
  call.cancel()
  assert.deepEqual(outcome(), [['GET /waits', 'CANCELLED']])
  assert.deepEqual([left, told], [[entry], []])
})

test('a request that waits while its release is replaced stays one call, which the next release answers', async (t) => {
  const runtime = await startTestRuntime(t, {
    config: { limits: { maxRequestsInFlight: 1 } },
    dev: { paths: { answer: () => undefined, fallbackPage: () => undefined } },
  })
  const plugin = (version: string): PluginSource => ({
    id: 'gate',
    version,
    backend: backendOf(
      `if (url.pathname === '/holds') await new Promise((resolve) => setTimeout(resolve, 20_000))
       return new Response('${version}')`,
    ),
  })
  const calls = async (): Promise<readonly string[]> => {
    const { items } = await (await send(runtime, 'GET', '/plugins/gate/recording')).json()
    return (items as RecordedCall[])
      .filter(({ call }) => call === 'fetch')
      .map(({ title, outcome }) => `${title} ${outcome}`)
  }
  await install(runtime, plugin('1.0.0'))
  const leaving = new AbortController()
  const [server] = WAYS
  assert.ok(server)
  const client = await server.open(t, runtime)
  const held = client.fetch('/plugins/gate/api/holds', { signal: leaving.signal }).catch(() => undefined)
  await until('one is held', async () => (await calls()).length === 1)
  const waits = client.fetch('/plugins/gate/api/waits')
  await until('one waits', async () => (await calls()).length === 2)
  assert.deepEqual(await calls(), ['GET /waits running', 'GET /holds running'])
  await install(runtime, plugin('2.0.0'))
  assert.equal(await (await waits).text(), '2.0.0')
  assert.deepEqual(await calls(), ['GET /waits ok', 'GET /holds running'])
  leaving.abort()
  await held
})
