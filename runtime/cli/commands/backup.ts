// plugbay backup: all data of the server as one file, made while it runs, and verified.

import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import type { RestoreAnswer } from '../../../sdk/api/data.ts'
import { addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { programName } from '../invocation.ts'
import { inKb } from '../package-report.ts'
import type { Session } from '../session.ts'

interface BackupOptions extends ClientOptions {
  readonly verify: boolean
}

export function addBackup(program: Command, session: Session): void {
  const command = program
    .command('backup')
    .description(
      'Take a backup of everything that the server remembers, while it runs: plugins, settings, users, and what plugins have stored.',
    )
    .argument('[file]', 'the file to write, a tar (default: plugbay-<time>.tar)')
    .option('--no-verify', 'leave out the check of the file that was written')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((file: string | undefined, options: BackupOptions) => backup(session, file, options))
}

async function backup(session: Session, file: string | undefined, options: BackupOptions): Promise<void> {
  const { io } = session
  await session.run({ json: options.json, id: file ?? 'backup' }, async () => {
    const client = openClient(io, options)
    const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-')
    const path = resolve(io.cwd, file ?? `plugbay-${time}.tar`)
    const partial = `${path}.partial`
    try {
      await pipeline(Readable.from(await client.backup()), createWriteStream(partial, { mode: 0o600 }))
      const checked = options.verify ? await verify(client, partial) : []
      await rename(partial, path)
      const { size } = await stat(path)
      const shown = relative(io.cwd, path)
      const text = [
        `✓ backed up into ${shown} (${inKb(size)})${options.verify ? `, and verified: ${checked.length} parts` : ''}`,
        'Keep secrets.key of the data folder apart from it: without it, secrets have to be entered again',
        `Put it back with: ${programName(io)} restore ${shown}`,
      ].join('\n')
      return { results: [{ id: 'backup', ok: true, file: path, bytes: size, checked }], text }
    } catch (error) {
      await rm(partial, { force: true })
      throw error
    }
  })
}

/** By the server, as a restore would. */
async function verify(client: ReturnType<typeof openClient>, file: string): Promise<readonly string[]> {
  const backup = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>
  const { checked } = (await client.request('PUT', 'backup?check=true', { backup })) as RestoreAnswer
  return checked
}

const EXAMPLES = `
Settings of the configuration, settings.toml and secrets.key are not in it: docs/data.md.

Examples:
  $ plugbay backup
  $ plugbay backup /mnt/backups/plugbay.tar     a file of that name is replaced, when the new one is complete
  $ plugbay backup --no-verify --json`
