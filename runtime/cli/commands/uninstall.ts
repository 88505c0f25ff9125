// plugbay uninstall: removes plugins; keeps their data unless asked otherwise.

import { type Command, Option } from 'commander'
import type { UninstallAnswer } from '../../../sdk/api/plugins.ts'
import { addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { pluginPath } from '../installation.ts'
import { warningLines } from '../output.ts'
import { forEachId, type Session } from '../session.ts'

interface UninstallOptions extends ClientOptions {
  readonly data: 'keep' | 'delete'
}

export function addUninstall(program: Command, session: Session): void {
  const command = program
    .command('uninstall')
    .description(
      'Remove plugins from the server. What they stored, and what was chosen for them, stays for their return unless it is deleted.',
    )
    .argument('<id...>', 'ids of installed plugins')
    .addOption(
      new Option('--data <what>', 'what becomes of their data, settings, grants and choices')
        .choices(['keep', 'delete'])
        .default('keep'),
    )
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((ids: string[], options: UninstallOptions) => uninstall(session, ids, options))
}

async function uninstall(session: Session, ids: readonly string[], options: UninstallOptions): Promise<void> {
  await session.run({ json: options.json }, async () => {
    const client = openClient(session.io, options)
    const results = await forEachId(ids, async (id) => {
      const answer = await client.request('DELETE', `${pluginPath(id)}?data=${options.data}`)
      const { warnings = [] } = (answer ?? {}) as Partial<UninstallAnswer>
      return { id, ok: true, data: options.data, ...(warnings.length > 0 && { warnings }) }
    })
    const fate =
      options.data === 'keep'
        ? 'its data, settings and choices are kept for a later install'
        : 'its data, settings and choices are deleted'
    return {
      results,
      text: results
        .flatMap((result) =>
          result.ok ? [`✓ ${result.id}: uninstalled, ${fate}`, ...warningLines(session.io, result)] : [],
        )
        .join('\n'),
    }
  })
}

const EXAMPLES = `
Examples:
  $ plugbay uninstall greedy-plugin
  $ plugbay uninstall guestbook --data delete`
