// The jail: used where it works, with the reason where it does not; what a child in it can reach even without the walls of
// JavaScript, and that it is measured and killed from outside like any other child.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sourceEntry } from '../../runtime/bundles/children.ts'
import { codeRoot } from '../../runtime/bundles/code-root.ts'
import { createLog, type Log } from '../../runtime/log.ts'
import { bwrapArguments } from '../../runtime/processes/jail/bwrap.ts'
import { findJail, openJail, readInfo } from '../../runtime/processes/jail/jail.ts'
import { endJailLeftovers } from '../../runtime/processes/jail/jail-leftovers.ts'
import { spawnInJail } from '../../runtime/processes/jail/spawn-in-jail.ts'
import { commandOf, isFirstOfNamespace, nameOf, parentOf } from '../../runtime/processes/process-figures.ts'
import { WorkerClient } from '../../runtime/processes/worker-client.ts'
import { JAIL, ONLY_IN_JAIL } from '../support/jail.ts'
import { isRunning } from '../support/killable.ts'
import { temporaryFolder, until } from '../support/runtime.ts'
import type { Scope } from '../support/scope.ts'

const LONG_MS = 60_000
const ONLY_LINUX = process.platform === 'linux' ? {} : { skip: 'bwrap exists on Linux only' }

test('no jail is looked for where none is wanted', async () => {
  assert.deepEqual(await findJail({ mode: 'none' }), { kind: 'none', reason: 'sandbox.jail is "none"' })
})

test('a machine without bwrap starts with one line in its log, or not at all', ONLY_LINUX, async (t) => {
  const searchPath = await temporaryFolder(t)
  const { log, lines } = recordingLog()
  assert.equal((await openJail({ mode: 'auto', searchPath, log })).kind, 'none')
  assert.deepEqual(lines, ['children run without the wall of the operating system: bwrap is not installed'])
  await assert.rejects(openJail({ mode: 'bwrap', searchPath, log }), {
    code: 'JAIL_UNUSABLE',
    message: 'sandbox.jail is "bwrap", but bwrap is not installed',
  })
})

test(
  'an installed bwrap that may not make namespaces is no jail, and its own words say why',
  ONLY_LINUX,
  async (t) => {
    const searchPath = await temporaryFolder(t)
    const binary = join(searchPath, 'bwrap')
    await writeFile(binary, '#!/bin/sh\necho "bwrap: setting up uid map: Permission denied" >&2\nexit 1\n')
    await chmod(binary, 0o755)
    const { log, lines } = recordingLog()
    const reason = 'bwrap does not work here: bwrap: setting up uid map: Permission denied'
    assert.deepEqual(await openJail({ mode: 'auto', searchPath, log }), { kind: 'none', reason })
    assert.deepEqual(lines, [`children run without the wall of the operating system: ${reason}`])
    await assert.rejects(openJail({ mode: 'bwrap', searchPath, log }), { code: 'JAIL_UNUSABLE' })
  },
)

test('a bwrap that does nothing is not accepted as a jail', ONLY_LINUX, async (t) => {
  const searchPath = await temporaryFolder(t)
  await writeFile(join(searchPath, 'bwrap'), '#!/bin/sh\nexit 0\n')
  await chmod(join(searchPath, 'bwrap'), 0o755)
  assert.equal((await findJail({ mode: 'auto', searchPath })).kind, 'none')
})

/** What native code could try, which Node's permission model does not hold back. Tells what worked. */
const ATTEMPTS = `
const fs = require('node:fs'), net = require('node:net'), os = require('node:os'), { spawnSync } = require('node:child_process')
const [secret, folder, outside, port, code, runtime] = process.argv.slice(1)
const done = []
const attempt = (name, work) => { try { if (work() !== false) done.push(name) } catch {} }
attempt('read the machine', () => fs.readFileSync('/etc/passwd'))
attempt('read a home', () => fs.readdirSync(os.userInfo().homedir))
attempt('read another folder', () => fs.readFileSync(secret))
attempt('see processes', () => fs.readdirSync('/proc').length > 0)
attempt('write the root', () => fs.writeFileSync('/x', 'x'))
attempt('write beside its folder', () => fs.writeFileSync(outside, 'x'))
attempt('change our code', () => fs.writeFileSync(code + '/runtime/x.ts', 'x'))
attempt('write its own folder', () => fs.writeFileSync(folder + '/x', 'x'))
attempt('start a shell', () => spawnSync('/bin/sh', ['-c', 'true']).status === 0)
attempt('signal the runtime', () => process.kill(Number(runtime), 0))
attempt('see the environment', () => Object.keys(process.env).some((name) => name !== 'PWD'))
attempt('see an interface', () => Object.values(os.networkInterfaces()).flat().some(({ internal }) => !internal))
const socket = net.connect(Number(port), '127.0.0.1')
socket.on('connect', () => { done.push('reach the network'); end() })
socket.on('error', end)
function end() { console.log(JSON.stringify(done)); process.exit(0) }
`

test(
  'without any wall of JavaScript, a child in the jail reaches its own folder and nothing else',
  ONLY_IN_JAIL,
  async (t) => {
    const folder = await temporaryFolder(t)
    const [secret, own, outside] = ['secret', 'own', 'outside'].map((name) => join(folder, name))
    assert.ok(secret && own && outside && JAIL.kind === 'bwrap')
    await writeFile(secret, 'x')
    await mkdir(own)
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const { port } = server.address() as AddressInfo
    const told = [secret, own, outside, String(port), codeRoot(), String(process.pid)]
    const command = [process.execPath, '-e', ATTEMPTS, ...told]
    const child = spawnInJail(JAIL, command, {
      // One that may start processes: the filter leaves most to the rest of the jail.
      rights: { write: [own], childProcess: true },
      stdio: ['ignore', 'pipe', 'inherit', 'ignore'],
    })
    assert.ok(child.stdout)
    assert.deepEqual(JSON.parse(await text(child.stdout)), ['write its own folder'])
    assert.equal(existsSync(outside), false)
  },
)

test(
  'a worker in the jail has namespaces of its own, no capability, no more descriptors, and is the one that is measured',
  ONLY_IN_JAIL,
  async (t) => {
    const worker = startWorker(t)
    assert.equal((await ask(worker, 'echo', 'in')).head, '"in"')
    const { pid } = worker
    assert.ok(pid !== undefined)
    assert.match(
      readFileSync(`/proc/${pid}/cmdline`, 'latin1'),
      new RegExp(`^${process.execPath}\0--permission`),
    )
    for (const name of ['user', 'pid', 'net', 'mnt', 'ipc', 'uts'])
      assert.notEqual(readlinkSync(`/proc/${pid}/ns/${name}`), readlinkSync(`/proc/self/ns/${name}`), name)
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    assert.match(status, /^CapEff:\t0+$/m)
    assert.match(status, /^CapBnd:\t0+$/m)
    assert.match(status, /^NoNewPrivs:\t1$/m)
    assert.match(status, /^Seccomp:\t2$/m)
    assert.match(status, /^NSpid:\t\d+\t1$/m)
    const sockets = readdirSync(`/proc/${pid}/fd`).filter((fd) =>
      readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:'),
    )
    // Standard error and the frames: bwrap's own has been closed.
    assert.deepEqual(sockets, ['2', '3'])
    assert.deepEqual(JSON.parse((await ask(worker, 'forbidden')).head), [])
  },
)

test(
  'a worker in the jail that loops is killed at its deadline, and nothing of it stays',
  ONLY_IN_JAIL,
  async (t) => {
    const worker = startWorker(t)
    await ask(worker, 'echo', 'up')
    const { pid } = worker
    assert.ok(pid !== undefined)
    const bwrap = Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
    await assert.rejects(ask(worker, 'loop', undefined, 300), { code: 'DEADLINE' })
    await until('both processes end', () => !isRunning(pid) && !isRunning(bwrap))
    assert.equal(JSON.parse((await ask(worker, 'echo', 'new')).head), 'new')
  },
)

test('a worker in the jail ends with its bwrap, whatever kills that', ONLY_IN_JAIL, async (t) => {
  const worker = startWorker(t)
  await ask(worker, 'echo', 'up')
  const { pid } = worker
  assert.ok(pid !== undefined)
  const lost = assert.rejects(ask(worker, 'loop'), { code: 'PROCESS_CRASHED' })
  process.kill(Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]), 'SIGKILL')
  await lost
  await until('the child ends', () => !isRunning(pid))
})

test('workers that are ended before they have begun leave nothing behind', ONLY_IN_JAIL, async (t) => {
  // bwrap makes its child after a millisecond or so, and lets it begin soon after: many are ended in between.
  for (let round = 0; round < 40; round++) {
    const worker = startWorker(t)
    const call = assert.rejects(ask(worker, 'echo', 'never'), { code: 'PROCESS_CRASHED' })
    const end = performance.now() + round / 15
    while (performance.now() < end);
    worker.kill('not wanted any more')
    await call
  }
  await until('all of them end', () => abandoned().length === 0)
})

test(
  'what a bwrap leaves that is killed before its child may begin is ended by the next start',
  ONLY_IN_JAIL,
  async (t) => {
    assert.ok(JAIL.kind === 'bwrap')
    // At this very step it waits for a descriptor that is never written to.
    const waiting = [
      '--unshare-user',
      '--userns-block-fd',
      '5',
      ...bwrapArguments({}, { disableUserns: false, seccomp: false }),
    ]
    const bwrap = spawn(JAIL.binary, [...waiting, process.execPath, '-e', '0'], {
      stdio: ['ignore', 'ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    })
    const left = await withTimeout(readInfo(bwrap))
    t.after(() => void (isRunning(left) && process.kill(left, 'SIGKILL')))
    assert.equal(endJailLeftovers(), 0, 'while its bwrap is there, it is none')
    bwrap.kill('SIGKILL')
    await until('it has been left', () => parentOf(left) !== bwrap.pid)
    assert.ok(isRunning(left))
    const { log, lines } = recordingLog()
    await openJail({ mode: 'auto', log })
    assert.deepEqual(lines, ['ended what a killed runtime had left of its jail'])
    await until('it ends', () => !isRunning(left))
  },
)

async function withTimeout<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('It did not come')), LONG_MS)
  })
  return await Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** Orphaned children of bwrap. */
function abandoned(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isFirstOfNamespace(pid) && nameOf(parentOf(pid) ?? 0) !== 'bwrap')
    .filter((pid) => isRunning(pid) && commandOf(pid).some((word) => word.startsWith(codeRoot())))
}

function startWorker(t: Scope): WorkerClient {
  const worker = new WorkerClient({
    name: 'fixture',
    entry: () => sourceEntry(new URL('./worker-fixture.ts', import.meta.url)),
    rights: { read: [fileURLToPath(new URL('.', import.meta.url))] },
    jail: JAIL,
    log: createLog('silent'),
  })
  t.after(() => worker.close())
  return worker
}

function ask(worker: WorkerClient, act: string, value?: string, deadlineMs = LONG_MS) {
  return worker.call(JSON.stringify({ act, value }), undefined, deadlineMs)
}

function recordingLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = []
  const log = createLog('silent')
  log.info = ((fields: { reason?: string }, message: string) =>
    void lines.push(fields.reason === undefined ? message : `${message}: ${fields.reason}`)) as Log['info']
  return { log, lines }
}
