// plugbay enable: starts plugins live.

import type { Command } from 'commander'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { describeState, isBroken, pluginPath, requestInstallation } from '../installation.ts'
import type { Result } from '../output.ts'
import { forEachId, type Session } from '../session.ts'

interface EnableOptions extends ClientOptions {
  readonly grant?: true
}

export function addEnable(program: Command, session: Session): void {
  const command = program
    .command('enable')
    .description('Enable plugins: they answer from now on, without a restart.')
    .argument('<id...>', 'ids of installed plugins')
    .option('--grant', 'also grant every permission that they ask for')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((ids: string[], options: EnableOptions) => enable(session, ids, options))
}

async function enable(session: Session, ids: readonly string[], options: EnableOptions): Promise<void> {
  await session.run({ json: options.json }, async () => {
    const client = openClient(session.io, options)
    const results = await forEachId(ids, (id) => enableOne(client, id, options.grant === true))
    const text = results
      .flatMap((result) => (result.ok ? [`✓ ${result.id}: ${String(result.description)}`] : []))
      .join('\n')
    return { results, text }
  })
}

/** Enables one plugin; if it then cannot serve, the result is a failure with the plugin's own problem. */
export async function enableOne(client: ApiClient, id: string, grant: boolean): Promise<Result> {
  if (grant) {
    const { permissions } = await requestInstallation(client, 'GET', pluginPath(id))
    await client.request('PUT', pluginPath(id, 'grants'), { json: permissions })
  }
  const installation = await requestInstallation(client, 'POST', pluginPath(id, 'enable'))
  const { version, state, enabled, problem } = installation
  const ok = !isBroken(installation)
  return {
    id,
    ok,
    version,
    state,
    enabled,
    description: describeState(installation),
    ...(!ok && problem !== null && { problem }),
  }
}

const EXAMPLES = `
Examples:
  $ plugbay enable guestbook
  $ plugbay enable guestbook usb-inspector
  $ plugbay enable usb-inspector --grant`
