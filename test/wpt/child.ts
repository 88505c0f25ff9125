// Runs test scripts one after the other, each in a fresh isolate with the product's own guest bundle, or in a fresh worker of Node.
// Started by main.ts, which kills it when a script does not end.

import { Worker } from 'node:worker_threads'
import { guestBundle } from '../../runtime/bundles/guest-bundle.ts'
import { compileForCache, type ScriptSource } from '../../runtime/isolate/guest-script.ts'
import { PoolTurns } from '../../runtime/isolate/pool-turns.ts'
import { Slot } from '../../runtime/isolate/slot.ts'
import { WarmIsolate } from '../../runtime/isolate/warm-isolate.ts'
import { Channel } from '../../sdk/protocol/channel.ts'
import type { ReceiveStream } from '../../sdk/protocol/streams.ts'

export interface Job {
  readonly path: string
  readonly script: string
  readonly engine: 'guest' | 'node'
  readonly timeoutMs: number
}

export interface Subtest {
  readonly name: string
  readonly status: string
  readonly message: string
}

export interface Outcome {
  /** Why the file as a whole went wrong; empty where it did not. */
  readonly harness: string
  readonly results: readonly Subtest[]
}

const HEAD = JSON.stringify({
  m: 'fetch',
  method: 'GET',
  url: 'http://a.test/',
  headers: [],
  user: null,
  requestId: '',
  language: null,
})

const CONFIG = {
  ...{ pluginId: 'wpt', version: '1.0.0', grants: {}, settings: {}, secrets: {} },
  ...{ maxHostCalls: 100, maxTimers: 10_000 },
}

const guest = await guestSource()

process.on('message', (job: Job) => {
  const run = job.engine === 'guest' ? runInGuest(job) : runInNode(job)
  run.then(
    (outcome) => process.send?.(outcome),
    (error: unknown) => {
      const failed: Outcome = { harness: error instanceof Error ? error.message : String(error), results: [] }
      process.send?.(failed)
    },
  )
})

async function guestSource(): Promise<ScriptSource> {
  const code = guestBundle()
  const filename = 'plugbay:guest'
  return { code, cache: compileForCache({ code, cache: undefined, filename }), filename }
}

async function runInGuest(job: Job): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
  const channel: Channel = new Channel(
    (kind, id, head, body) => slot.receive(kind, id, head, bytesOf(body)),
    {
      call: (call) => call.fail({ code: 'PERMISSION_DENIED', message: 'There are no host calls here' }),
      event(head) {
        if (process.env.WPT_DEBUG !== undefined) process.stderr.write(`${head}\n`)
      },
    },
  )
  const slot = new Slot({
    catalog: () => undefined,
    load: {
      m: 'load',
      slot: 1,
      memoryMb: 256,
      runMs: job.timeoutMs,
      logLinesPerSecond: 1000,
      shared: false,
      poolThreads: 4,
      sourceBytes: 0,
      config: CONFIG,
    },
    warm: new WarmIsolate(guest, 256),
    plugin: { code: guestScript(job), cache: undefined, filename: job.path },
    // The real link is asynchronous too.
    send: (kind, id, head, body) => setImmediate(() => channel.receive(kind, id, head, bytesOf(body))),
    seat: new PoolTurns(4).seat({ threads: 4 }),
    onFailed: (failure) => reject(new Error(`${failure.code}: ${failure.message}`)),
  })
  channel.call(HEAD, undefined, {
    reply(_head, body, stream) {
      readReply(body, stream).then((text) => resolve(JSON.parse(text) as Outcome), reject)
    },
    error: (error) => reject(new Error(error.message)),
  })
  try {
    return await promise
  } finally {
    slot.dispose()
  }
}

function guestScript(job: Job): string {
  return `${job.script}\n;__plugbay_load(async (register) => {
    register({ default: { fetch: () => WPT.results(${job.timeoutMs}).then((value) => new Response(JSON.stringify(value))) } })
  })`
}

async function readReply(body: Uint8Array | undefined, stream: ReceiveStream | undefined): Promise<string> {
  const pieces = body === undefined ? [] : [body]
  if (stream !== undefined) {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    stream.read({
      chunk(bytes) {
        pieces.push(new Uint8Array(bytes))
        stream.consumed(bytes.byteLength)
      },
      end: () => resolve(),
      error: (error) => reject(new Error(error.message)),
    })
    await promise
  }
  return Buffer.concat(pieces).toString('utf8')
}

function bytesOf(body: Uint8Array | string | undefined): Uint8Array | undefined {
  return typeof body === 'string' ? Buffer.from(body) : body
}

/** Unhandled exceptions and rejections are the test's own business there, as in a browser. */
const NODE_WORKER = `
const { parentPort, workerData } = require('node:worker_threads')
process.on('uncaughtException', () => {})
process.on('unhandledRejection', () => {})
require('node:vm').runInThisContext(workerData.script, { filename: workerData.path })
WPT.results(workerData.timeoutMs).then((outcome) => parentPort.postMessage(outcome))`

async function runInNode(job: Job): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
  const worker = new Worker(NODE_WORKER, { eval: true, workerData: job, stdout: true, stderr: true })
  worker.once('message', resolve)
  worker.once('error', reject)
  worker.once('exit', () => reject(new Error('The worker ended')))
  try {
    return await promise
  } finally {
    await worker.terminate()
  }
}
