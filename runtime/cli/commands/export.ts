// plugbay export: writes all data of a plugin, as of one moment, to one file.

import { createWriteStream } from 'node:fs'
import { access, rename, rm } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { PlugbayError } from '../../errors.ts'
import { addClientOptions, type ClientOptions, type Download, openClient } from '../api-client.ts'
import { pluginPath } from '../installation.ts'
import { programName } from '../invocation.ts'
import type { Io } from '../io.ts'
import type { Outcome } from '../output.ts'
import { type Session, usageError } from '../session.ts'

/** Stands for standard output instead of a file. */
const STANDARD_OUTPUT = '-'

export function addExport(program: Command, session: Session): void {
  const command = program
    .command('export')
    .description(
      'Take out everything that a plugin has stored (env.kv and env.db), as it was at one moment, while the plugin goes on.',
    )
    .argument('<id>', 'id of a plugin, or of one that was uninstalled with its data kept')
    .argument('[file]', 'the file to write; "-" is standard output (default: <id>-<date>.plugbay-data)')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((id: string, file: string | undefined, options: ClientOptions) =>
      exportData(session, { id, file }, options),
    )
}

interface Wanted {
  readonly id: string
  readonly file: string | undefined
}

async function exportData(session: Session, { id, file }: Wanted, options: ClientOptions): Promise<void> {
  const { io } = session
  await session.run({ json: options.json, id }, async () => {
    if (file === STANDARD_OUTPUT && options.json)
      throw usageError('Standard output can hold the snapshot or JSON', 'Name a file, or leave out --json')
    const download = await openClient(io, options).download(pluginPath(id, 'data'))
    if (file === STANDARD_OUTPUT) return await toStandardOutput(io, id, download)
    const path = file === undefined ? await freeName(io.cwd, id) : resolve(io.cwd, file)
    await toFile(path, download)
    const { bytes } = download
    const shown = relative(io.cwd, path)
    const text = `✓ ${id}: exported into ${shown} (${bytes} bytes)\nPut it back with: ${programName(io)} import ${id} ${shown}`
    return { results: [{ id, ok: true, file: path, bytes }], text }
  })
}

async function toStandardOutput(io: Io, id: string, download: Download): Promise<Outcome> {
  for await (const chunk of download.body) await io.outBytes(chunk)
  io.err(`✓ ${id}: exported (${download.bytes} bytes)\n`)
  return { results: [{ id, ok: true }] }
}

/** Renamed to its final name when complete. Readable by its owner only. */
async function toFile(path: string, download: Download): Promise<void> {
  const partial = `${path}.partial`
  try {
    await pipeline(Readable.from(download.body), createWriteStream(partial, { mode: 0o600 }))
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

/** Keeps earlier snapshots of the same day. */
async function freeName(folder: string, id: string): Promise<string> {
  const date = new Date().toISOString().slice(0, 10)
  for (let count = 1; count < 1000; count++) {
    const name = `${id}-${date}${count === 1 ? '' : `-${count}`}.plugbay-data`
    if (await isFree(resolve(folder, name))) return resolve(folder, name)
  }
  throw new PlugbayError('FILE_UNUSABLE', `There are too many snapshots of "${id}" of today: name a file`)
}

async function isFree(path: string): Promise<boolean> {
  return await access(path).then(
    () => false,
    () => true,
  )
}

const EXAMPLES = `
A plugin need not stop for it. The file holds what visitors have entrusted to the plugin: keep it as you keep
the data folder. Settings, grants and the package itself are not in it.

Examples:
  $ plugbay export guestbook                       guestbook-2026-11-21.plugbay-data
  $ plugbay export guestbook backup.plugbay-data   a file of that name is replaced, when the new one is complete
  $ plugbay export guestbook - | gzip > backup.gz`
