// The USB backup as its page uses it: a real server, folders as drives, tasks, failures, and a drive that goes away.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import { commandOf } from '../../../runtime/processes/process-figures.ts'
import { descendantsOf } from '../../support/jail.ts'
import { install, send, temporaryFolder, until } from '../../support/runtime.ts'
import type { Scope } from '../../support/scope.ts'
import { mountSmallDisk, ONLY_ROOT } from '../../support/small-disk.ts'
import { type BackupServer, type Job, makeData, type ServerOptions, startServer } from './server.ts'

const MEGABYTE = 1_000_000

interface Snapshot {
  readonly id: string
  readonly encrypted: boolean
  readonly locked: boolean
}

describe('usb-backup', () => {
  async function open(t: Scope, options: Partial<ServerOptions> = {}) {
    const data = await makeData(t)
    const drive = join(await temporaryFolder(t), 'drive')
    await mkdir(drive)
    const server = await startServer(t, { data, drives: [drive], ...options })
    const [id = ''] = await server.drives()
    return { data, drive, server, id, text: () => readFile(join(data, 'media/a.txt'), 'utf8') }
  }
  const snapshotsOf = async (server: BackupServer, drive: string) =>
    (await server.ask<{ snapshots: readonly Snapshot[] }>(`/drives/${drive}/snapshots`)).snapshots

  it('backs up and restores: the latest snapshot, or one of them', async (t) => {
    const { data, server, id, text } = await open(t)
    const first = await server.job('/backups', { drive: id })
    assert.equal(first.state, 'succeeded', JSON.stringify(first))
    assert.match(String(first.message), /^2 files, \d\.\d kB; /)
    await writeFile(join(data, 'media/a.txt'), 'second')
    await server.job('/backups', { drive: id })
    assert.equal((await snapshotsOf(server, id)).length, 2)
    await writeFile(join(data, 'media/a.txt'), 'third')
    const latest = await server.job('/restores', { drive: id })
    assert.deepEqual([latest.state, await text()], ['succeeded', 'second'], JSON.stringify(latest))
    await server.job('/restores', { drive: id, snapshot: first.result?.snapshot })
    assert.equal(await text(), 'first')
    const check = await server.job('/verifications', { drive: id })
    assert.deepEqual([check.state, check.message], ['succeeded', '2 snapshots in 4 packs are whole'])
  })

  it('gives back the files of plugins with the data of a standalone server', async (t) => {
    const drive = await temporaryFolder(t)
    const own = { drives: [drive], config: { data: await temporaryFolder(t) } }
    const server = await startServer(t, own)
    await install(server.runtime, {
      id: 'album',
      backend: `export default { async fetch(request, { files }) {
        const key = new URL(request.url).pathname.slice(1)
        if (request.method !== 'PUT') return await files.respond(request, key)
        return Response.json((await files.put(key, request.body)).size)
      } }`,
      manifest: { permissions: { files: true } },
    })
    const album = async ({ runtime }: BackupServer, init?: RequestInit) =>
      await createApp(runtime).request('http://127.0.0.1:3000/plugins/album/api/photo', init)
    const photo = randomBytes(3 * MEGABYTE)
    assert.equal((await album(server, { method: 'PUT', body: photo })).status, 200)
    const [id] = await server.drives()
    assert.equal((await server.job('/backups', { drive: id })).state, 'succeeded')
    await album(server, { method: 'PUT', body: 'another photo' })
    await restoreLatest(server, id)
    await server.runtime.close()
    const next = await startServer(t, { ...own, isInstalled: true })
    assert.ok(Buffer.from(await (await album(next)).arrayBuffer()).equals(photo))
  })

  it('encrypts with a passphrase, which another server is asked for', async (t) => {
    const { data, drive, server, id } = await open(t)
    await server.ask('/encryption', { method: 'PUT', body: { passphrase: 'short' }, status: 422 })
    await server.ask('/encryption', { method: 'PUT', body: { passphrase: 'correct horse battery' } })
    await server.job('/backups', { drive: id })
    const [snapshot] = await snapshotsOf(server, id)
    assert.deepEqual([snapshot?.encrypted, snapshot?.locked], [true, false])
    await restoreLatest(server, id)
    await writeFile(join(data, 'media/a.txt'), 'lost')
    await server.runtime.close()
    // The other server begins with nothing but the drive.
    const other = await startServer(t, { data, drives: [drive] })
    const [there = ''] = await other.drives()
    const ask = async (secret: string, status: number) => {
      const body = { drive: there, secret }
      return await other.ask<{ error?: string; id: string }>('/restores', { method: 'POST', body, status })
    }
    assert.equal((await snapshotsOf(other, there))[0]?.locked, true)
    assert.match(String((await ask('', 422)).error), /is encrypted/)
    assert.equal((await ask('wrong passphrase', 422)).error, 'The passphrase is not the right one')
    const restored = await other.ended((await ask('correct horse battery', 202)).id)
    assert.equal(restored.state, 'succeeded', JSON.stringify(restored))
    assert.equal(await readFile(join(data, 'media/a.txt'), 'utf8'), 'first')
  })

  it('refuses to restore what is of a newer major version', async (t) => {
    const { data, drive, server, id } = await open(t, { version: '3.0.0' })
    await server.job('/backups', { drive: id })
    await server.runtime.close()
    const older = await startServer(t, { data, drives: [drive], version: '2.9.0' })
    const [there] = await older.drives()
    const { state, problem } = await older.job('/restores', { drive: there })
    assert.deepEqual(
      [state, problem],
      [
        'failed',
        '"Media" was backed up from version 3.0.0, and this server has 2.9.0: update the server first.',
      ],
    )
    const newer = await startServer(t, { data, drives: [drive], version: '3.1.0' })
    await restoreLatest(newer, there)
  })

  it('says that the drive was removed, keeps what was there, and goes on with what was written', async (t) => {
    const { data, drive, server, id } = await open(t)
    await server.job('/backups', { drive: id })
    // The drive goes when a pack is whole and the next one is being written.
    for (let part = 0; part < 12; part++)
      await writeFile(join(data, `media/${part}`), randomBytes(10 * MEGABYTE))
    const folder = join(drive, 'plugbay/usb-backup/packs')
    // An index without content is a name that is being given.
    const packs = async () => {
      const texts = (await readdir(folder))
        .filter((name) => name.endsWith('.json'))
        .map((name) => readFile(join(folder, name), 'utf8'))
      return (await Promise.all(texts)).filter((text) => text !== '').length
    }
    const before = await packs()
    const { id: job } = await server.ask<{ id: string }>('/backups', { method: 'POST', body: { drive: id } })
    await until('a pack is whole', async () => (await packs()) > before, 120_000)
    await rename(join(drive, 'plugbay'), join(drive, 'away'))
    const failed = await server.ended(job)
    assert.equal(failed.state, 'failed', JSON.stringify(failed))
    assert.match(
      String(failed.problem),
      /^The drive ".*" was removed.* before the backup was complete\. The backups before it are untouched; the next one goes on from here\.$/,
    )
    await rename(join(drive, 'away'), join(drive, 'plugbay'))
    const { drives } = await server.ask<{ drives: readonly { unfinished: boolean }[] }>('/state')
    assert.equal(drives[0]?.unfinished, true)
    assert.equal(
      (await server.job('/verifications', { drive: id })).state,
      'succeeded',
      'the one before is whole',
    )
    const whole = (await packs()) - before
    const resumed = await server.job('/backups', { drive: id })
    assert.equal(resumed.state, 'succeeded', JSON.stringify(resumed))
    const added = Number(resumed.result?.added)
    assert.ok(
      whole > 0 && added < (125 - 60 * whole) * MEGABYTE,
      `${added} bytes although ${whole} packs were there`,
    )
    await restoreLatest(server, id)
  })

  it('ends when it is cancelled, and begins no second time for the same drive', async (t) => {
    const { data, server, id } = await open(t)
    // Nothing on the disk, and seconds to read.
    await writeFile(join(data, 'media/b'), '')
    await truncate(join(data, 'media/b'), 4000 * MEGABYTE)
    const start = () =>
      server.ask<{ id: string; outcome: string }>('/backups', { method: 'POST', body: { drive: id } })
    const job = await start()
    await until('it runs', async () => (await jobOf(server, job.id))?.state === 'running')
    assert.deepEqual(await start(), { id: job.id, outcome: 'skipped' })
    await server.ask(`/jobs/${job.id}`, { method: 'DELETE' })
    assert.equal((await server.ended(job.id)).state, 'cancelled')
    assert.deepEqual(await snapshotsOf(server, id), [])
  })

  it('says that the drive is full, and breaks nothing', ONLY_ROOT, async (t) => {
    const disk = await mountSmallDisk(t, 30)
    const { data, server, id } = await open(t, { drives: [disk.folder] })
    await server.job('/backups', { drive: id })
    await writeFile(join(data, 'media/large'), randomBytes(40 * MEGABYTE))
    const { state, problem } = await server.job('/backups', { drive: id })
    assert.equal(state, 'failed')
    assert.match(String(problem), /^The drive ".*" is full\. The backups before it are untouched/)
    assert.equal((await server.job('/verifications', { drive: id })).state, 'succeeded')
    await rm(join(data, 'media/large'))
    assert.equal((await server.job('/backups', { drive: id })).state, 'succeeded')
    disk.remount('ro')
    const refused = await server.ask<{ error: string }>('/backups', {
      method: 'POST',
      body: { drive: id },
      status: 422,
    })
    assert.equal(refused.error, 'The drive cannot be written to')
    await restoreLatest(server, id)
  })

  it('says that the server has much to do, where that does not answer in time', async (t) => {
    const { server, id } = await open(t)
    const stopped = descendantsOf(process.pid).filter((pid) =>
      commandOf(pid).some((word) => /\/data[-.]/.test(word)),
    )
    assert.ok(stopped.length > 0)
    for (const pid of stopped) process.kill(pid, 'SIGSTOP')
    const { error } = await server.ask<{ error: string }>('/state', { status: 503 })
    assert.equal(error, 'The server has much to do, and did not answer. Try again.')
    assert.deepEqual(await server.drives(), [id])
  })

  it('backs up chosen drives at night', async (t) => {
    const { server, id } = await open(t)
    const nightly = async () => {
      const response = await send(server.runtime, 'POST', '/tasks', { plugin: 'usb-backup', name: 'nightly' })
      const task = (await response.json()) as { id: string }
      await until('it has ended', async () => {
        const { state } = (await (await send(server.runtime, 'GET', `/tasks/${task.id}`)).json()) as Job
        return state === 'succeeded'
      })
    }
    await nightly()
    assert.deepEqual((await server.ask<{ jobs: readonly Job[] }>('/state')).jobs, [])
    await server.ask(`/drives/${id}`, { method: 'PUT', body: { automatic: true } })
    await nightly()
    const [job] = (await server.ask<{ jobs: readonly Job[] }>('/state')).jobs
    assert.equal((await server.ended(String(job?.id))).state, 'succeeded')
  })

  it('has an action, which finds the only drive by itself', async (t) => {
    const { server, id } = await open(t)
    const start = (args: object) =>
      send(server.runtime, 'POST', '/actions/usb-backup/back-up-now/run', { arguments: args })
    const unknown = await start({ drive: 'nothing' })
    assert.equal(unknown.status, 422, await unknown.text())
    const started = await start({})
    assert.equal(started.status, 200, await started.clone().text())
    const [job] = (await server.ask<{ jobs: readonly Job[] }>('/state')).jobs
    assert.equal((await server.ended(String(job?.id))).state, 'succeeded')
    assert.equal((await snapshotsOf(server, id)).length, 1)
  })
})

async function restoreLatest(server: BackupServer, drive: string | undefined): Promise<void> {
  const job = await server.job('/restores', { drive })
  assert.equal(job.state, 'succeeded', JSON.stringify(job))
}

async function jobOf(server: BackupServer, id: string): Promise<Job | undefined> {
  const { jobs } = await server.ask<{ jobs: readonly Job[] }>('/state')
  return jobs.find((job) => job.id === id)
}
