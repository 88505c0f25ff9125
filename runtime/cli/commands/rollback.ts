// plugbay rollback: makes an earlier release of a plugin serve again.

import type { Command } from 'commander'
import { addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { isBroken, pluginPath, requestInstallation, stateInWords } from '../installation.ts'
import type { Session } from '../session.ts'

interface RollbackOptions extends ClientOptions {
  readonly to?: string
}

export function addRollback(program: Command, session: Session): void {
  const command = program
    .command('rollback')
    .description('Go back to an earlier release of a plugin, live. Releases are kept, so it works offline.')
    .argument('<id>', 'id of an installed plugin')
    .option('--to <version>', 'the release to go back to (default: the one before the active one)')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((id: string, options: RollbackOptions) => rollback(session, id, options))
}

async function rollback(session: Session, id: string, options: RollbackOptions): Promise<void> {
  await session.run({ json: options.json, id }, async () => {
    const client = openClient(session.io, options)
    const body = options.to === undefined ? undefined : { json: { version: options.to } }
    const installation = await requestInstallation(client, 'POST', pluginPath(id, 'rollback'), body)
    const { version, state, enabled, problem } = installation
    const ok = !isBroken(installation)
    const result = { id, ok, version, state, enabled, ...(!ok && problem !== null && { problem }) }
    return {
      results: [result],
      text: ok
        ? `✓ ${id}: version ${version ?? '–'} is active, ${stateInWords(installation, session.io)}`
        : '',
    }
  })
}

const EXAMPLES = `
Examples:
  $ plugbay rollback guestbook
  $ plugbay rollback guestbook --to 1.2.0`
