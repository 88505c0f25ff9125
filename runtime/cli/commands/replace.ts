// plugbay replace: lets a plugin take the place of another one, as its manifest asks.

import type { Command } from 'commander'
import { addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { isBroken, pluginPath, requestInstallation, stateInWords } from '../installation.ts'
import type { Session } from '../session.ts'

interface ReplaceOptions extends ClientOptions {
  readonly grant?: true
}

export function addReplace(program: Command, session: Session): void {
  const command = program
    .command('replace')
    .description(
      'Let a plugin take the place of another one, as its manifest asks: data, settings, choices and grants.',
    )
    .argument('<id>', 'id of the plugin that waits')
    .argument('<old>', 'id of the plugin whose place it takes, and that is gone then')
    .option('--grant', 'grant everything that it asks for, not only what the old plugin had')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((id: string, from: string, options: ReplaceOptions) => replace(session, { id, from }, options))
}

async function replace(
  session: Session,
  { id, from }: { readonly id: string; readonly from: string },
  options: ReplaceOptions,
): Promise<void> {
  await session.run({ json: options.json, id }, async () => {
    const client = openClient(session.io, options)
    const grants = options.grant
      ? (await requestInstallation(client, 'GET', pluginPath(id))).permissions
      : undefined
    const json = { from, ...(grants !== undefined && { grants }) }
    const installation = await requestInstallation(client, 'POST', pluginPath(id, 'replace'), { json })
    const { version, state, enabled, problem } = installation
    const ok = !isBroken(installation)
    const result = { id, ok, from, version, state, enabled, ...(!ok && problem !== null && { problem }) }
    const text = ok
      ? `✓ ${id}: has the place and the data of ${from}; ${stateInWords(installation, session.io)}`
      : ''
    return { results: [result], text }
  })
}

const EXAMPLES = `
All or nothing: if the plugin does not load, or cannot upgrade the data, the old plugin runs on as before. The old plugin
is uninstalled then. Only a plugin that has not run yet can take a place: one that it has waited for since its upload.

Examples:
  $ plugbay replace notes-pro notes
  $ plugbay replace notes-pro notes --grant`
