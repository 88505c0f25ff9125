// plugbay enable: starts plugins live.

import type { Command } from 'commander'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { pluginPath, requestInstallation } from '../installation.ts'
import type { Result } from '../output.ts'
import { forEachId, type Session } from '../session.ts'
import { switchedLines, switchPlugins } from '../switch-plugins.ts'

interface EnableOptions extends ClientOptions {
  readonly grant?: true
}

export function addEnable(program: Command, session: Session): void {
  const command = program
    .command('enable')
    .description('Enable plugins: they answer from now on, without a restart.')
    .argument('<id...>', 'ids of installed plugins')
    .option('--grant', 'also grant everything that they ask for: permissions, and public access')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((ids: string[], options: EnableOptions) => enable(session, ids, options))
}

async function enable(session: Session, ids: readonly string[], options: EnableOptions): Promise<void> {
  await session.run({ json: options.json }, async () => {
    const client = openClient(session.io, options)
    const granted = options.grant ? await forEachId(ids, (id) => grantOne(client, id)) : []
    const refused = granted.filter(({ ok }) => !ok)
    const rest = ids.filter((id) => !refused.some((result) => result.id === id))
    const enabled = rest.length === 0 ? [] : await switchPlugins(client, 'enable', rest)
    const results = [...refused, ...enabled]
    return { results, text: switchedLines(session, results).join('\n') }
  })
}

async function grantOne(client: ApiClient, id: string): Promise<Result> {
  const { permissions, access, accessAsked } = await requestInstallation(client, 'GET', pluginPath(id))
  await client.request('PUT', pluginPath(id, 'grants'), { json: permissions })
  if (access !== accessAsked) await client.request('PUT', pluginPath(id, 'access'), { json: null })
  return { id, ok: true }
}

const EXAMPLES = `
One that is enabled already is noted, and not touched. All are tried; with several, the exit status is 2 when any fails.

Examples:
  $ plugbay enable guestbook
  $ plugbay enable guestbook usb-inspector
  $ plugbay enable usb-inspector --grant`
