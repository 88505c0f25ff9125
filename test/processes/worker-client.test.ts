// A worker process seen from the runtime: answers, deadlines, crashes, and how little it may do.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sourceEntry } from '../../runtime/bundles/children.ts'
import { createLog, type Log } from '../../runtime/log.ts'
import { WorkerClient } from '../../runtime/processes/worker-client.ts'

const LONG_MS = 60_000

function startWorker(t: TestContext, log = createLog('silent')): WorkerClient {
  const entry = sourceEntry(new URL('./worker-fixture.ts', import.meta.url))
  const worker = new WorkerClient({
    name: 'fixture',
    entry: () => entry,
    rights: { read: [fileURLToPath(new URL('.', import.meta.url))] },
    log,
  })
  t.after(() => worker.close())
  return worker
}

function ask(worker: WorkerClient, act: string, value?: string, deadlineMs = LONG_MS) {
  return worker.call(JSON.stringify({ act, value }), undefined, deadlineMs)
}

test('a worker answers many calls, each with its own head and body', async (t) => {
  const worker = startWorker(t)
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      worker.call(JSON.stringify({ act: 'echo', value: String(n) }), Buffer.from([n]), LONG_MS),
    ),
  )
  assert.deepEqual(
    answers.map(({ head, body }) => [JSON.parse(head), body?.[0]]),
    Array.from({ length: 20 }, (_, n) => [String(n), n]),
  )
})

test('an error of the worker arrives with its code', async (t) => {
  const worker = startWorker(t)
  await assert.rejects(ask(worker, 'throw'), { code: 'QUOTA_EXCEEDED', message: 'as told' })
  assert.equal(JSON.parse((await ask(worker, 'echo', 'still here')).head), 'still here')
})

test('a worker that loops is killed at the deadline of the call, and the next call finds a new one', async (t) => {
  const worker = startWorker(t)
  await ask(worker, 'echo', 'up')
  const { pid } = worker
  await assert.rejects(ask(worker, 'loop', undefined, 300), { code: 'DEADLINE' })
  assert.equal(JSON.parse((await ask(worker, 'echo', 'new')).head), 'new')
  assert.notEqual(worker.pid, pid)
})

test('a worker that ends or speaks nonsense fails its calls, and is replaced', async (t) => {
  const worker = startWorker(t)
  for (const act of ['exit', 'garbage']) {
    await assert.rejects(ask(worker, act), { code: 'PROCESS_CRASHED' })
    assert.equal(JSON.parse((await ask(worker, 'echo', act)).head), act)
  }
})

test('a closed worker takes no calls', async (t) => {
  const worker = startWorker(t)
  await ask(worker, 'echo', 'up')
  const open = assert.rejects(ask(worker, 'loop'), { code: 'PROCESS_CRASHED' })
  await worker.close()
  await open
  await assert.rejects(ask(worker, 'echo'), { code: 'PROCESS_CRASHED' })
})

test('a worker can read nothing but code, write nothing, start nothing, signal no process and see no environment', async (t) => {
  const worker = startWorker(t)
  const { head } = await ask(worker, 'forbidden')
  assert.deepEqual(JSON.parse(head), [])
  assert.equal(existsSync('/tmp/plugbay-test-must-not-exist'), false)
})

test('a worker has no network', async (t) => {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const { head } = await ask(startWorker(t), 'network', String(port))
  assert.equal(JSON.parse(head), false)
})

test('a worker that speaks nonsense is named once in the log, in few words', async (t) => {
  const { log, lines } = recordingLog()
  const worker = startWorker(t, log)
  await ask(worker, 'echo', 'up')
  await assert.rejects(ask(worker, 'garbage'), { code: 'PROCESS_CRASHED' })
  await worker.close()
  assert.deepEqual(lines, [
    {
      reason: 'malformed frame: frame of 4294967295 bytes refused',
      message: 'child process broke the protocol',
    },
  ])
})

test('a worker that reads nothing is ended before what it should read fills the memory', async (t) => {
  const { log, lines } = recordingLog()
  const worker = startWorker(t, log)
  await ask(worker, 'deaf')
  const body = new Uint8Array(4 * 1024 * 1024)
  const calls: Promise<unknown>[] = []
  while (lines.length === 0 && calls.length < 1000) {
    calls.push(assert.rejects(worker.call('{"act":"echo"}', body, LONG_MS), { code: 'PROCESS_CRASHED' }))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(calls)
  assert.ok(calls.length < 100, `${calls.length} bodies of 4 MiB`)
  assert.deepEqual(lines, [
    { reason: 'it does not read what is sent to it', message: 'child process broke the protocol' },
  ])
})

test('a worker that writes to its standard error without end is not listened to for long', async (t) => {
  const worker = startWorker(t)
  assert.equal(JSON.parse((await ask(worker, 'babble')).head), 'nobody listens')
})

function recordingLog(): { readonly log: Log; readonly lines: unknown[] } {
  const lines: unknown[] = []
  const log = createLog('silent')
  log.child = (() => log) as unknown as Log['child']
  const write = ((fields: object, message: string) => void lines.push({ ...fields, message })) as Log['warn']
  log.warn = write
  log.error = write
  return { log, lines }
}
