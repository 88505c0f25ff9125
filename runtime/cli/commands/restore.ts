// plugbay restore: puts the data of a backup in the place of what the server has.

import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { Command } from 'commander'
import type { RestoreAnswer } from '../../../sdk/api/data.ts'
import { addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { resolveFile } from '../paths.ts'
import type { Session } from '../session.ts'

interface RestoreOptions extends ClientOptions {
  readonly check?: true
}

export function addRestore(program: Command, session: Session): void {
  const command = program
    .command('restore')
    .description('Put the data of a backup in the place of what the server has: all of it, or none.')
    .argument('<file>', 'a file of "plugbay backup"')
    .option('--check', 'check that the server could take it, and change nothing')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((file: string, options: RestoreOptions) => restore(session, file, options))
}

async function restore(session: Session, file: string, options: RestoreOptions): Promise<void> {
  const { io } = session
  await session.run({ json: options.json, id: file }, async () => {
    const bytes = createReadStream(await resolveFile(io.cwd, file))
    const backup = Readable.toWeb(bytes) as ReadableStream<Uint8Array>
    const path = options.check ? 'backup?check=true' : 'backup'
    const answer = (await openClient(io, options).request('PUT', path, { backup })) as RestoreAnswer
    const { restored, atNextStart, checked } = answer
    const text = options.check
      ? `✓ ${file}: the server could take it: ${checked.length} parts`
      : [
          `✓ ${file}: restored`,
          ...(atNextStart.length > 0 ? ['Restart the server: the rest takes effect at its next start'] : []),
        ].join('\n')
    return { results: [{ id: file, ok: true, restored, atNextStart, checked }], text }
  })
}

const EXAMPLES = `
Everything is received and checked first; until then nothing changes. What was changed since the backup is lost; the store
as it was is kept as store.before-restore.db in the data folder.

Examples:
  $ plugbay restore plugbay.tar --check
  $ plugbay restore plugbay.tar`
