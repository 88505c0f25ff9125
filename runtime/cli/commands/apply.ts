// plugbay apply: enables exactly the named plugins and disables all others.
// Invariant: plugins already in the desired state are not touched, so that applying twice changes nothing the second time.

import type { Command } from 'commander'
import { addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { type Session, usageError } from '../session.ts'
import { switchedLines, switchPlugins } from '../switch-plugins.ts'

interface ApplyOptions extends ClientOptions {
  readonly none?: true
}

export function addApply(program: Command, session: Session): void {
  const command = program
    .command('apply')
    .description(
      'Enable exactly these plugins and disable all others. Doing it twice changes nothing the second time.',
    )
    .argument('[id...]', 'ids of installed plugins')
    .option('--none', 'disable every plugin')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((ids: string[], options: ApplyOptions) => apply(session, ids, options))
}

async function apply(session: Session, ids: readonly string[], options: ApplyOptions): Promise<void> {
  await session.run({ json: options.json }, async () => {
    if (ids.length === 0 && !options.none)
      throw usageError('No plugin is named', 'Name the plugins to enable, or pass --none to disable all')
    if (ids.length > 0 && options.none) throw usageError('--none cannot stand beside ids')
    const results = await switchPlugins(openClient(session.io, options), 'apply', ids)
    return { results, text: switchedLines(session, results).join('\n') || 'Nothing to change' }
  })
}

const EXAMPLES = `
All are tried; with several, the exit status is 2 when any fails.

Examples:
  $ plugbay apply example-plugin guestbook    these two run, nothing else
  $ plugbay apply --none                      nothing runs`
