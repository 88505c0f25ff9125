// The API of the page.

import { type Context, Hono } from 'hono'
import type { Env, FileSystemDirectoryHandle, TaskInfo, Volume } from 'plugbay/sdk'
import { BackupFolder } from './drive/backup-folder.ts'
import { Failure } from './drive/sentences.ts'
import type { Manifest } from './format/manifest.ts'
import { isReadable } from './format/manifest.ts'
import { SealError } from './format/seal.ts'
import { listData } from './host-data.ts'
import { jobs, note, noteOf, startJob } from './jobs.ts'
import { encryption, identityOf, setPassphrase, stopEncrypting, unlock } from './keys.ts'

const MIN_PASSPHRASE = 10

export const app = new Hono<{ Bindings: Env }>()

app.get('/state', async ({ env, json }) => {
  const [volumes, tasks, key, sources] = await Promise.all([
    env.volumes.list(),
    jobs(env),
    encryption(env),
    listData(env),
  ])
  const drives = await Promise.all(volumes.map((volume) => describeDrive(env, volume)))
  return json({ drives, jobs: tasks.map(describeJob), encryption: key, sources })
})

app.get('/drives/:drive/snapshots', async ({ env, req, json }) => {
  const folder = await BackupFolder.find(await rootOf(env, req.param('drive')))
  const { manifests, damaged } = (await folder?.readSnapshots()) ?? { manifests: [], damaged: [] }
  const known = new Map<string, boolean>()
  for (const recipient of new Set(manifests.map((manifest) => manifest.recipient)))
    if (recipient !== null) known.set(recipient, (await identityOf(env, recipient)) !== undefined)
  const snapshots = manifests.toReversed().map((manifest) => describeSnapshot(manifest, known))
  return json({ snapshots, damaged })
})

app.put('/drives/:drive', async ({ env, req, json }) => {
  const { automatic } = await bodyOf(req)
  if (typeof automatic !== 'boolean') throw new Failure('"automatic" is true or false')
  const volume = await volumeOf(env, req.param('drive'))
  await note(env, volume.id, { name: volume.name, automatic })
  return json(await describeDrive(env, volume))
})

app.post('/backups', async ({ env, req, json }) => {
  const { drive } = await bodyOf(req)
  const volume = await volumeOf(env, drive)
  if (!volume.writable) throw new Failure('The drive cannot be written to')
  return json(await startJob(env, 'back-up', { drive: volume.id }), 202)
})

app.post('/verifications', async ({ env, req, json }) => {
  const { drive } = await bodyOf(req)
  return json(await startJob(env, 'verify', { drive: (await volumeOf(env, drive)).id }), 202)
})

app.post('/restores', async ({ env, req, json }) => {
  const { drive, snapshot = 'latest', sources, secret } = await bodyOf(req)
  const volume = await volumeOf(env, drive)
  if (typeof snapshot !== 'string') throw new Failure('"snapshot" is the id of one, or "latest"')
  if (sources !== undefined && !isNames(sources)) throw new Failure('"sources" is a list of names')
  const folder = await BackupFolder.find(await env.volumes.open(volume.id))
  const found =
    snapshot === 'latest'
      ? (await folder?.readSnapshots())?.manifests.at(-1)
      : await folder?.readSnapshot(snapshot)
  if (folder === undefined || found === undefined) throw new Failure('There is no such snapshot on the drive')
  const { recipient } = found
  if (recipient !== null && typeof secret === 'string' && secret !== '')
    await unlock(env, { folder, recipient, secret })
  else if (recipient !== null && (await identityOf(env, recipient)) === undefined)
    throw new Failure('The snapshot is encrypted: give its passphrase or key')
  const args = { drive: volume.id, snapshot: found.id, ...(sources !== undefined && { sources }) }
  return json(await startJob(env, 'restore', args), 202)
})

app.delete('/jobs/:id', async ({ env, req, json }) =>
  json({ cancelled: await env.tasks.cancel(req.param('id')) }),
)

app.put('/encryption', async ({ env, req, json }) => {
  const { passphrase } = await bodyOf(req)
  if (typeof passphrase !== 'string' || passphrase.length < MIN_PASSPHRASE)
    throw new Failure(`A passphrase has ${MIN_PASSPHRASE} characters or more; better are five words`)
  await setPassphrase(env, passphrase)
  return json(await encryption(env))
})

app.delete('/encryption', async ({ env, json }) => {
  await stopEncrypting(env)
  return json(await encryption(env))
})

app.notFound(({ json }) => json({ error: 'Not found' }, 404))

app.onError((error, { env, json }) => {
  if (error instanceof Failure || error instanceof SealError) return json({ error: error.message }, 422)
  if (error instanceof DOMException && ['NotFoundError', 'NotReadableError'].includes(error.name))
    return json({ error: 'The drive does not answer, or was removed' }, 409)
  env.log.error(error)
  if (isLate(error)) return json({ error: 'The server has much to do, and did not answer. Try again.' }, 503)
  return json({ error: 'The server could not do that: its log says why' }, 500)
})

/** The server did not carry out a call of its own: on a slow machine it may have taken too long. */
function isLate(error: Error): boolean {
  return 'code' in error && error.code === 'HOST_CALL_FAILED'
}

async function volumeOf(env: Env, drive: unknown): Promise<Volume> {
  const found = (await env.volumes.list()).find(({ id }) => id === drive)
  if (found === undefined) throw new Failure('The drive is not plugged in, or does not answer')
  return found
}

async function rootOf(env: Env, drive: string): Promise<FileSystemDirectoryHandle> {
  return await env.volumes.open((await volumeOf(env, drive)).id)
}

async function describeDrive(env: Env, volume: Volume) {
  const { id, name, writable, freeBytes, totalBytes, filesystem, kind, metadata } = volume
  const known = await noteOf(env, id)
  return {
    ...{ id, name, writable, freeBytes, totalBytes, filesystem, kind },
    maker: [metadata.vendor, metadata.model].filter((word) => word !== undefined).join(' ') || null,
    automatic: known?.automatic ?? false,
    unfinished: known?.unfinished ?? false,
  }
}

/** @param known whether the key of each recipient is here */
function describeSnapshot(manifest: Manifest, known: ReadonlyMap<string, boolean>) {
  const { id, at, files, bytes, added, recipient, sources, snapshot } = manifest
  const heads = new Map(snapshot.sources.map((source) => [source.name, source]))
  return {
    ...{ id, at, files, bytes, added },
    readable: isReadable(manifest),
    encrypted: recipient !== null,
    locked: recipient !== null && known.get(recipient) !== true,
    sources: sources.map(({ name, ...rest }) => ({
      ...{ name, files: rest.files, bytes: rest.bytes },
      title: heads.get(name)?.title ?? name,
      version: heads.get(name)?.version ?? null,
    })),
  }
}

function describeJob({ id, name, key, state, runAt, progress, message, result, problem }: TaskInfo) {
  return {
    id,
    name,
    drive: key,
    state,
    at: runAt,
    progress,
    message,
    result,
    problem: problem?.message ?? null,
  }
}

async function bodyOf(req: Context['req']): Promise<Readonly<Record<string, unknown>>> {
  const body: unknown = await req.json().catch(() => undefined)
  if (typeof body !== 'object' || body === null) throw new Failure('The request has no JSON')
  return body as Readonly<Record<string, unknown>>
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}
