// plugbay disable: stops plugins live; their data stays.

import type { Command } from 'commander'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { pluginPath, requestInstallation } from '../installation.ts'
import { type Result, warningLines } from '../output.ts'
import { forEachId, type Session } from '../session.ts'

export function addDisable(program: Command, session: Session): void {
  const command = program
    .command('disable')
    .description('Disable plugins: they answer 404 from now on. What they stored, and their settings, stay.')
    .argument('<id...>', 'ids of installed plugins')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((ids: string[], options: ClientOptions) => disable(session, ids, options))
}

async function disable(session: Session, ids: readonly string[], options: ClientOptions): Promise<void> {
  await session.run({ json: options.json }, async () => {
    const client = openClient(session.io, options)
    const results = await forEachId(ids, (id) => disableOne(client, id))
    return {
      results,
      text: results
        .flatMap((result) =>
          result.ok ? [`✓ ${result.id}: disabled`, ...warningLines(session.io, result)] : [],
        )
        .join('\n'),
    }
  })
}

export async function disableOne(client: ApiClient, id: string): Promise<Result> {
  const disabled = await requestInstallation(client, 'POST', pluginPath(id, 'disable'))
  const { version, state, enabled, problem } = disabled
  return { id, ok: true, version, state, enabled, ...(problem !== null && { warnings: [problem] }) }
}

const EXAMPLES = `
Examples:
  $ plugbay disable greedy-plugin`
