// plugbay apply: enables exactly the named plugins and disables all others.
// Invariant: plugins already in the desired state are not touched, so that applying twice changes nothing the second time.

import type { Command } from 'commander'
import { PlugbayError } from '../../errors.ts'
import { addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { isBroken, listInstallations } from '../installation.ts'
import { type Result, warningLines } from '../output.ts'
import { forEachId, type Session, usageError } from '../session.ts'
import { disableOne } from './disable.ts'
import { enableOne } from './enable.ts'

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
    const client = openClient(session.io, options)
    const installed = new Map(
      (await listInstallations(client)).map((installation) => [installation.id, installation]),
    )
    const wanted = new Set(ids)
    // Enable first: a plugin that another one replaces keeps running until the other is up.
    const enabled = await forEachId(ids, async (id): Promise<Result> => {
      const now = installed.get(id)
      if (now === undefined) throw new PlugbayError('PLUGIN_UNKNOWN', `No plugin "${id}" is installed`)
      if (now.enabled && !isBroken(now))
        return { id, ok: true, enabled: true, state: now.state, changed: false }
      return { ...(await enableOne(client, id, false)), changed: true }
    })
    const others = [...installed.values()].filter(
      ({ id, enabled: isEnabled }) => !wanted.has(id) && isEnabled,
    )
    const disabled = await forEachId(
      others.map(({ id }) => id),
      async (id): Promise<Result> => ({ ...(await disableOne(client, id)), changed: true }),
    )
    const results = [...enabled, ...disabled]
    const lines = results.flatMap((result) => {
      if (!result.ok) return []
      const state = result.enabled ? 'enabled' : 'disabled'
      return [
        `✓ ${result.id}: ${result.changed ? state : `${state} already`}`,
        ...warningLines(session.io, result),
      ]
    })
    return { results, text: lines.join('\n') || 'Nothing to change' }
  })
}

const EXAMPLES = `
Examples:
  $ plugbay apply example-plugin guestbook    these two run, nothing else
  $ plugbay apply --none                      nothing runs`
