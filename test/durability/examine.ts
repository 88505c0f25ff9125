// Looks at a data folder and at the server over it: whether all that was promised is there, whole, and nothing else.
// Every function returns what is wrong, in sentences; none of them throws for that.

import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { ADMIN_TOKEN } from '../support/runtime.ts'
import type { Audit } from './keeper.ts'
import type { Promised, UsageMeter } from './load.ts'

/** Every database as the killed runtime left it, on copies: the real ones are for the next start to recover. */
export async function examineDatabases(data: string): Promise<string[]> {
  const wrong: string[] = []
  const place = await mkdtemp(join(tmpdir(), 'plugbay-durability-'))
  try {
    const names = (await readdir(data, { recursive: true })).filter(
      (name) => name.endsWith('.db') && name !== 'lock.db',
    )
    for (const [index, name] of names.entries()) {
      const copy = join(place, `${index}.db`)
      await copyFile(join(data, name), copy)
      await copyFile(join(data, `${name}-wal`), `${copy}-wal`).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
      })
      const database = new DatabaseSync(copy)
      const found = database.prepare('PRAGMA integrity_check').all()
      database.close()
      if (JSON.stringify(found) !== '[{"integrity_check":"ok"}]')
        wrong.push(`${name} is damaged: ${JSON.stringify(found)}`)
    }
    if (!names.includes('store.db')) wrong.push('there is no store')
  } finally {
    await rm(place, { recursive: true, force: true })
  }
  return wrong
}

/** What may lie in the data folder when a server has just begun to serve. */
const TOP =
  /^(?:admin-token|secrets\.key|lock\.db(?:-journal)?|lock-holder\.json|store\.db(?:-wal|-shm)?|artifacts|staging|cache|plugin-data)$/

export async function examineFolders(data: string, origin: string): Promise<string[]> {
  const wrong = (await readdir(data))
    .filter((name) => !TOP.test(name))
    .map((name) => `"${name}" was left behind`)
  for (const name of await readdir(join(data, 'staging'))) wrong.push(`"staging/${name}" was left behind`)
  const known = new Set<string>()
  for (const id of ['keeper', 'survivor']) {
    const response = await ask(origin, `/api/v1/plugins/${id}`)
    if (response.status === 404) continue
    const { releases } = (await response.json()) as { releases: readonly { sha256: string }[] }
    for (const { sha256 } of releases) known.add(sha256)
  }
  const artifacts = await readdir(join(data, 'artifacts'))
  for (const name of artifacts) if (!known.has(name)) wrong.push(`artifact ${name} is nobody's`)
  for (const sha256 of known) if (!artifacts.includes(sha256)) wrong.push(`artifact ${sha256} is missing`)
  for (const name of artifacts) {
    const folder = join(data, 'artifacts', name)
    const derived = await settledDerived(folder)
    if (derived.length !== 2) wrong.push(`artifact ${name} holds ${derived.join(', ')}`)
    const files = await readdir(folder)
    for (const file of ['content.bin', 'content.json', 'derived.json'])
      if (!files.includes(file)) wrong.push(`artifact ${name} has no ${file}`)
  }
  return wrong
}

/** The index and the bytes that it names; on a slow machine stronger copies may be in the making already, and are let finish. */
async function settledDerived(folder: string): Promise<string[]> {
  for (let left = 300; ; left--) {
    const derived = (await readdir(folder)).filter((file) => file.startsWith('derived'))
    if (derived.length === 2 || left === 0) return derived
    await setTimeout(100)
  }
}

/** The plugin that is updated: one whole release, none older than what was promised. */
export async function examineRelease(origin: string, meter: UsageMeter): Promise<string[]> {
  const [api, asset] = await Promise.all([
    fetch(`${origin}/plugins/survivor/api/`),
    fetch(`${origin}/plugins/survivor/v.txt`),
  ])
  const [served, shown] = [await api.text(), await asset.text()]
  if (api.status === 404 && asset.status === 404)
    return meter.version === -1 ? [] : ['the plugin that was installed is gone']
  if (api.status !== 200 || asset.status !== 200)
    return [`the updated plugin answers ${api.status} and ${asset.status}: ${served}`]
  if (served !== shown) return [`the backend is of ${served}, its page of ${shown}`]
  const number = Number(/^1\.(\d+)\.0$/.exec(served)?.[1] ?? -1)
  if (number < meter.version || number > meter.versionAsked)
    return [`${served} is served; 1.${meter.version}.0 was promised, 1.${meter.versionAsked}.0 asked`]
  return []
}

export async function examineRound(origin: string, round: number, promised: Promised): Promise<string[]> {
  const { keys, rows, pairs } = await auditOf(origin, round)
  const wrong: string[] = []
  const lost = (what: string, wanted: Set<number>, found: readonly number[]) => {
    const there = new Set(found)
    const missing = [...wanted].filter((n) => !there.has(n))
    if (missing.length > 0) wrong.push(`round ${round}: ${missing.length} of ${wanted.size} ${what} are lost`)
    if (there.size !== found.length) wrong.push(`round ${round}: ${what} are there twice`)
  }
  lost('keys', promised.keys, keys)
  lost('rows', promised.rows, rows)
  lost(
    'pairs',
    promised.pairs,
    pairs.map(({ n }) => n),
  )
  for (const { n, sides } of pairs)
    if (sides !== 2) wrong.push(`round ${round}: pair ${n} has ${sides} sides`)
  return wrong
}

export async function examineLedger(origin: string, meter: UsageMeter): Promise<string[]> {
  const wrong: string[] = []
  const { count } = await auditOf(origin, 0)
  if (count < meter.counted || count > meter.countsAsked)
    wrong.push(`the count is ${count}; ${meter.counted} were promised, ${meter.countsAsked} asked`)
  const settings = (await (await ask(origin, '/api/v1/plugins/keeper/settings')).json()) as {
    number?: { value?: unknown }
  }
  const value = Number(settings.number?.value)
  if (!(value >= meter.setting && value <= meter.settingAsked))
    wrong.push(`the setting is ${value}; ${meter.setting} was promised, ${meter.settingAsked} asked`)
  return wrong
}

async function auditOf(origin: string, round: number): Promise<Audit> {
  const response = await fetch(`${origin}/plugins/keeper/api/audit?round=${round}`)
  const text = await response.text()
  if (!response.ok) throw new Error(`The audit of round ${round} failed: ${response.status} ${text}`)
  return JSON.parse(text) as Audit
}

function ask(origin: string, path: string): Promise<Response> {
  return fetch(origin + path, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
}
