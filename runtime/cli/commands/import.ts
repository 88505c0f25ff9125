// plugbay import: replaces all data of a plugin with a snapshot.

import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { Command } from 'commander'
import type { DataImportAnswer } from '../../../sdk/api/data.ts'
import { addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { asInstallation, isBroken, pluginPath, stateInWords } from '../installation.ts'
import { resolveFile } from '../paths.ts'
import type { Session } from '../session.ts'

interface ImportOptions extends ClientOptions {
  readonly force?: true
}

export function addImport(program: Command, session: Session): void {
  const command = program
    .command('import')
    .description('Replace all data of a plugin with a snapshot of "plugbay export". The plugin is restarted.')
    .argument('<id>', 'id of an installed plugin')
    .argument('<file>', 'the snapshot')
    .option('--force', 'take a snapshot of another plugin, too')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((id: string, file: string, options: ImportOptions) => importData(session, { id, file }, options))
}

async function importData(
  session: Session,
  { id, file }: { readonly id: string; readonly file: string },
  options: ImportOptions,
): Promise<void> {
  const { io } = session
  await session.run({ json: options.json, id }, async () => {
    const bytes = createReadStream(await resolveFile(io.cwd, file))
    const snapshot = Readable.toWeb(bytes) as ReadableStream<Uint8Array>
    const path = `${pluginPath(id, 'data')}${options.force ? '?force=true' : ''}`
    const answer = (await openClient(io, options).request('PUT', path, { snapshot })) as DataImportAnswer
    const installation = asInstallation(answer.installation)
    const { version, state, enabled, problem } = installation
    const { plugin, createdAt, kvBytes, databaseBytes, filesBytes } = answer
    const ok = !isBroken(installation)
    const from = { plugin, version: answer.version, createdAt }
    const facts = { version, state, enabled, from, kvBytes, databaseBytes, filesBytes }
    const text = `✓ ${id}: its data is that of ${createdAt} again; ${stateInWords(installation, io)}`
    return {
      results: [{ id, ok, ...facts, ...(!ok && problem !== null && { problem }) }],
      ...(ok && { text }),
    }
  })
}

const EXAMPLES = `
All or nothing: a snapshot that is damaged, too large, of another plugin or of a later release is refused, and
nothing has changed. What the plugin has stored since is lost: export it first if you may need it. Requests to
the plugin are answered 503 for the moment. An older snapshot is brought up to date by the plugin's migrations.

Examples:
  $ plugbay import guestbook guestbook-2026-11-21.plugbay-data
  $ plugbay import guestbook-copy guestbook-2026-11-21.plugbay-data --force   the data of another plugin`
