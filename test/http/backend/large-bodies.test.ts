// 100 MB into a plugin, transformed there, and out again: whole, at the pace of the reader, in memory that does not grow with it.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { before, type TestContext, test } from 'node:test'
import { COMPILED } from '../../support/compiled.ts'
import { temporaryFolder, until } from '../../support/runtime.ts'
import { type Scope, sharedScope } from '../../support/scope.ts'

const TOTAL = 100_000_000
const STALLED = 40_000_000
const PIECE = 100_000
const MB = 1_048_576
/** Windows of the streams, buffers of sockets, and what the collectors have not come to yet. */
const MAY_GROW = 60 * MB

const NEEDS_PROC = process.platform === 'linux' ? {} : { skip: 'only Linux tells the peak of a process' }

interface Server {
  readonly port: number
  /** The runtime, and every process below it. */
  readonly pids: readonly number[]
}

const scope = sharedScope()
let server: Promise<Server>
before(() => {
  if (process.platform === 'linux') server = startServer(scope)
})

async function startServer(t: Scope): Promise<Server> {
  const entry = join(import.meta.dirname, 'large-bodies-server.ts')
  const child = spawn(process.execPath, [...COMPILED, entry, await temporaryFolder(t)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const lines = createInterface({ input: child.stdout })
  const [line] = await Promise.race([lines[Symbol.asyncIterator]().next(), ended.then(() => undefined)]).then(
    (next) => [next?.value],
  )
  assert.ok(typeof line === 'string', 'the server starts')
  const { port, children } = JSON.parse(line) as { port: number; children: number[] }
  return { port, pids: [child.pid ?? 0, ...children] }
}

/** The largest resident size of a process since resetPeak(), in bytes; 0 when it has ended. */
function peakOf(pid: number): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes ?? 0) * 1024
  } catch {
    return 0
  }
}

function resetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
  } catch {
    // It has ended: a standby process that was used, or not needed.
  }
}

function assertGrowth(t: TestContext, pids: readonly number[], before: readonly number[]): void {
  const grown = pids.map((pid, index) => Math.round((peakOf(pid) - (before[index] ?? 0)) / MB))
  t.diagnostic(`grown by ${grown.join(', ')} MB`)
  assert.ok(
    grown.every((megabytes) => megabytes * MB < MAY_GROW),
    `${grown.join(', ')} MB`,
  )
}

interface Exchange {
  readonly outgoing: ClientRequest
  readonly answer: Promise<IncomingMessage>
  readonly sent: { bytes: number }
}

/** Begins to send `total` bytes as fast as they are taken, and hashes what the plugin should make of them. */
function upload(port: number, total: number, expected = createHash('sha256')): Exchange {
  const outgoing = request({ port, path: '/plugins/flow/api/flip', method: 'POST', agent: false })
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
  })
  const sent = { bytes: 0 }
  const more = (): void => {
    while (sent.bytes < total) {
      const piece = Buffer.alloc(PIECE, (sent.bytes / PIECE) % 251)
      sent.bytes += PIECE
      expected.update(Buffer.alloc(PIECE, piece[0] === undefined ? 0 : piece[0] ^ 255))
      if (!outgoing.write(piece)) return void outgoing.once('drain', more)
    }
    outgoing.end()
  }
  more()
  return { outgoing, answer, sent }
}

test('100 MB go through a plugin in constant memory, and come back as they should', NEEDS_PROC, async (t) => {
  const { port, pids } = await server
  const through = async (total: number): Promise<void> => {
    const expected = createHash('sha256')
    const { answer } = upload(port, total, expected)
    const response = await answer
    assert.equal(response.statusCode, 200)
    const found = createHash('sha256')
    for await (const chunk of response) found.update(chunk as Buffer)
    assert.equal(found.digest('hex'), expected.digest('hex'))
  }
  // One-time costs of a first request, such as compiled code and grown heaps, do not depend on size.
  await through(10_000_000)
  for (const pid of pids) resetPeak(pid)
  const base = pids.map(peakOf)
  await through(TOTAL)
  assertGrowth(t, pids, base)
})

test(
  'a reader who takes nothing stops the plugin and the sender; then all of it comes',
  NEEDS_PROC,
  async (t) => {
    const { port, pids } = await server
    const seen = async () =>
      Number(await (await fetch(`http://127.0.0.1:${port}/plugins/flow/api/seen`)).text())
    const base = await seen()
    const { answer, sent } = upload(port, STALLED)
    const response = await answer
    let last = ''
    const stopped = await until('everything stands still', async () => {
      const now = { seen: (await seen()) - base, sent: sent.bytes }
      const isStill = JSON.stringify(now) === last
      last = JSON.stringify(now)
      await new Promise((resolve) => setTimeout(resolve, 200))
      return isStill ? now : undefined
    })
    assert.ok(stopped.seen < STALLED / 4, `the plugin saw ${stopped.seen}`)
    assert.ok(stopped.sent < STALLED / 2, `the sender sent ${stopped.sent}`)
    for (const pid of pids) resetPeak(pid)
    const held = pids.map(peakOf)
    let received = 0
    for await (const chunk of response) received += (chunk as Buffer).byteLength
    assert.deepEqual([received, (await seen()) - base], [STALLED, STALLED])
    assertGrowth(t, pids, held)
  },
)
