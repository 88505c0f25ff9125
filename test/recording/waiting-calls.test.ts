// A recorded call that its caller cancels while it waits has ended, though nothing answers it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PluginRecording } from '../../runtime/recording/plugin-recording.ts'
import { ReleaseRecorder } from '../../runtime/recording/release-recorder.ts'
import type { QueueEntry } from '../../runtime/sandbox/runner/call-queue.ts'
import type { Caller } from '../../runtime/sandbox/runner/caller.ts'
import { type CallMessage, type Desk, GuestCall } from '../../runtime/sandbox/runner/guest-call.ts'
import { createSecretMask } from '../../runtime/secrets/secret-mask.ts'

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
