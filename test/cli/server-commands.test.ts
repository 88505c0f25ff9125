import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { CliParts } from '../../runtime/cli/parts.ts'
import type { Config } from '../../runtime/config/config.ts'
import type { DevOptions } from '../../runtime/dev/dev-events.ts'
import { documentOf, runCli } from './harness.ts'

let cwd = ''
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'plugbay-cli-'))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

/** An Io whose signals the test sends. */
function signals() {
  const listeners = new Set<() => void>()
  let exitedWith: number | undefined
  return {
    send: () => {
      for (const listener of [...listeners]) listener()
    },
    listening: () => listeners.size,
    exitedWith: () => exitedWith,
    io: {
      onSignal(listener: () => void) {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
      exitNow(code: number) {
        exitedWith = code
      },
    },
  }
}

describe('serve', () => {
  it('passes the configuration on, prints the link, and a signal closes it with status 0', async () => {
    const { io, send, listening } = signals()
    let given: { config: Config; samples: boolean } | undefined
    let closed = 0
    const serve: CliParts['serve'] = async (config, { samples }) => {
      given = { config, samples }
      setTimeout(send)
      return {
        url: 'http://127.0.0.1:5',
        adminUrl: 'http://127.0.0.1:5/admin/#code=abc',
        async close() {
          closed += 1
        },
      }
    }
    const args = [
      'serve',
      '--port',
      '5',
      '--no-samples',
      '--set',
      'limits.memoryMb=99',
      '--set',
      'sandbox.maxProcesses=2',
      '--trust-proxy',
    ]
    const ran = await runCli(args, {
      cwd,
      parts: { serve },
      io,
      env: { PLUGBAY_PORT: '6', PLUGBAY_HOST: '127.0.0.9' },
    })
    assert.equal(ran.code, 0, ran.err)
    assert.match(ran.out, /http:\/\/127\.0\.0\.1:5\/admin\/#code=abc/)
    assert.equal(closed, 1)
    assert.equal(listening(), 0)
    assert.equal(given?.samples, false)
    const { port, host, data, limits, sandbox, trustProxy } = given?.config ?? assert.fail()
    assert.deepEqual(
      [port, host, data, limits.memoryMb, sandbox.maxProcesses, trustProxy],
      [5, '127.0.0.9', join(cwd, 'data'), 99, 2, true],
    )
  })

  it('prints one document with --json, and a second signal ends at once', async () => {
    const { io, send, exitedWith } = signals()
    const serve: CliParts['serve'] = async () => {
      setTimeout(send)
      return {
        url: 'http://x',
        adminUrl: 'http://x/admin/#code=1',
        async close() {
          send()
        },
      }
    }
    const ran = await runCli(['serve', '--json'], { cwd, parts: { serve }, io })
    assert.deepEqual(documentOf(ran), {
      ok: true,
      results: [{ id: 'serve', ok: true, url: 'http://x', adminUrl: 'http://x/admin/#code=1' }],
    })
    assert.equal(exitedWith(), 130)
  })

  it('says which value is wrong and starts nothing', async () => {
    const ran = await runCli(['serve', '--port', '99999', '--set', 'limits.memory=1', '--set', 'x'], { cwd })
    assert.equal(ran.code, 64)
    const config = await runCli(['serve', '--port', '99999', '--set', 'limits.memory=1'], { cwd })
    assert.equal(config.code, 1)
    assert.match(config.err, /flag --port: "99999" is not a whole number/)
    assert.match(config.err, /flag --set limits\.memory/)
  })

  it('explains a port that is taken', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const serve: CliParts['serve'] = (config) =>
      new Promise((_, reject) => {
        createServer().on('error', reject).listen(config.port, config.host)
      })
    const ran = await runCli(['serve', '--port', String(port)], { cwd, parts: { serve } })
    taken.close()
    assert.equal(ran.code, 1)
    assert.match(
      ran.err,
      new RegExp(`Port ${port} is in use by another program\\n +→ Stop the program that uses it`),
    )
  })
})

describe('dev', () => {
  const startDev =
    (send: () => void, seen: DevOptions[]): CliParts['startDev'] =>
    async (_, options) => {
      seen.push(options)
      options.onEvent({
        event: 'ready',
        url: 'http://x/plugins/a/',
        id: 'a',
        adminUrl: 'http://x/admin/#code=c',
      })
      options.onEvent({
        event: 'problem',
        problems: [{ code: 'SYNTAX_ERROR', message: 'Wrong', file: 'backend/index.ts', line: 2, column: 3 }],
      })
      options.onEvent({ event: 'log', level: 'warn', message: 'hm \u001b[2J' })
      options.onEvent({ event: 'swap', version: '1.0.0', ms: 12.4, change: 'css' })
      setTimeout(send)
      return { close: async () => undefined }
    }

  it('prints a line for each event with --json', async () => {
    const { io, send } = signals()
    const seen: DevOptions[] = []
    const ran = await runCli(['dev', '.', '--json', '--port', '4000'], {
      cwd,
      parts: { startDev: startDev(send, seen) },
      io,
    })
    assert.equal(ran.code, 0, ran.err)
    assert.deepEqual(
      ran.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).event),
      ['ready', 'problem', 'log', 'swap'],
    )
    assert.equal(seen[0]?.port, 4000)
  })

  it('tells people the address, the problem with its place, and what is live', async () => {
    const { io, send } = signals()
    const ran = await runCli(['dev', '.'], { cwd, parts: { startDev: startDev(send, []) }, io })
    assert.match(ran.out, /a runs at http:\/\/x\/plugins\/a\//)
    assert.match(ran.out, /Wrong\n +backend\/index\.ts:2:3/)
    assert.match(ran.out, /warn {2}hm \\u001b\[2J\n/)
    assert.match(ran.out, /new styles are live; pages keep their state \(12 ms\)/)
  })

  it('fails with an event line when the folder is not there', async () => {
    const ran = await runCli(['dev', 'missing', '--json'], { cwd })
    assert.equal(ran.code, 1)
    assert.equal(JSON.parse(ran.out).problems[0].code, 'FILE_UNUSABLE')
  })
})

describe('doctor', () => {
  it('finds this machine able, and makes no data folder', async () => {
    const ran = await runCli(['doctor', '--port', '0', '--json'], { cwd })
    assert.equal(ran.code, 0, ran.out)
    const { results } = documentOf(ran)
    const levels = new Map(results.map(({ id, level }) => [id, level]))
    for (const id of ['node', 'isolated-vm', 'better-sqlite3', 'usb', 'data', 'lock', 'port'])
      assert.equal(levels.get(id), 'ok', id)
    assert.deepEqual([...levels.keys()].slice(-3), ['jail', 'usb bus', 'disk'])
    assert.deepEqual(readdirSync(cwd), [])
  })

  it('fails on a port that another program uses, and on a data folder that is a file', async () => {
    const taken = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    writeFileSync(join(cwd, 'file'), '')
    const ran = await runCli(['doctor', '--port', String(port), '--data', 'file/data'], { cwd })
    await new Promise((resolve) => taken.close(resolve))
    assert.equal(ran.code, 1)
    assert.match(ran.out, /^fail {2}port +127\.0\.0\.1:\d+ is in use by another program\n +→ Stop/m)
    assert.match(ran.out, /^fail {2}data .* is not writable \(ENOTDIR\)/m)
  })

  it('names the server that holds the data folder', async () => {
    const { lockFolder } = await import('../../plugin-store/folder-lock.ts')
    const lock = await lockFolder(cwd)
    try {
      const ran = await runCli(['doctor', '--port', '0', '--data', cwd], { cwd })
      assert.equal(ran.code, 0)
      assert.match(ran.out, new RegExp(`^warn {2}lock .*is in use by process ${process.pid}`, 'm'))
    } finally {
      lock.release()
    }
  })
})
