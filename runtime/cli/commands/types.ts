// plugbay types: the types of what a server offers to plugins, for an editor and for tsc.

import { relative } from 'node:path'
import type { Command } from 'commander'
import type { ExtensionPoints } from '../../../sdk/api/extension-points.ts'
import { DECLARATION_FILE } from '../../../sdk/host/declaration-file.ts'
import { writeTypes } from '../../dev/env-types.ts'
import { PlugbayError } from '../../errors.ts'
import { addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { resolveFolder } from '../paths.ts'
import type { Session } from '../session.ts'

export function addTypes(program: Command, session: Session): void {
  const command = program
    .command('types')
    .description(
      `Write ${DECLARATION_FILE}: types of the hooks, events, contexts and functions of a server, and of the settings of a plugin.`,
    )
    .argument('<dir>', 'the folder that holds manifest.json')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((folder: string, options: ClientOptions) => types(session, folder, options))
}

async function types(session: Session, folder: string, options: ClientOptions): Promise<void> {
  const { io } = session
  await session.run({ json: options.json, id: folder }, async () => {
    const path = await resolveFolder(io.cwd, folder)
    const { host, items } = asExtensionPoints(
      await openClient(io, options).request('GET', 'extension-points'),
    )
    const changed = await writeTypes(path, { host, points: items })
    const shown = `${relative(io.cwd, path) || '.'}/${DECLARATION_FILE}`
    const text = changed
      ? `Wrote ${shown}: ${items.length} extension points of "${host.id}" ${host.version}`
      : `${shown} is up to date`
    return { results: [{ id: folder, ok: true, file: DECLARATION_FILE, host: host.id, changed }], text }
  })
}

function asExtensionPoints(value: unknown): ExtensionPoints {
  const { host, items } = (value ?? {}) as Partial<ExtensionPoints>
  if (typeof host?.id === 'string' && typeof host.version === 'string' && Array.isArray(items))
    return value as ExtensionPoints
  throw new PlugbayError(
    'SERVER_UNREACHABLE',
    'The server answered in a form that this version of the command line does not know',
  )
}

const EXAMPLES = `
Examples:
  $ plugbay types .                                    of the server on this machine
  $ plugbay types . --url https://school.example.org   of another one`
