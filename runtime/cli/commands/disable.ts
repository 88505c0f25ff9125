// plugbay disable: stops plugins live; their data stays.

import type { Command } from 'commander'
import { addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import type { Session } from '../session.ts'
import { switchedLines, switchPlugins } from '../switch-plugins.ts'

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
    const results = await switchPlugins(openClient(session.io, options), 'disable', ids)
    return { results, text: switchedLines(session, results).join('\n') }
  })
}

const EXAMPLES = `
One that is disabled already is noted. All are tried; with several, the exit status is 2 when any fails.

Examples:
  $ plugbay disable greedy-plugin
  $ plugbay disable greedy-plugin guestbook`
