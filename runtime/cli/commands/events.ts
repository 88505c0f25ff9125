// plugbay events: durable events that plugins have not handled, and what becomes of the dead ones.

import type { Command } from 'commander'
import type { ChangedDeliveries, EventDelivery } from '../../../sdk/api/deliveries.ts'
import type { Page } from '../../../sdk/api/lists.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { type Outcome, table } from '../output.ts'
import { type Session, usageError } from '../session.ts'

const CHANGES = ['retry', 'discard'] as const

export function addEvents(program: Command, session: Session): void {
  const command = program
    .command('events')
    .description('Show durable events that plugins have not handled, or let the dead ones go once more.')
    .argument('<verb>', `list, ${CHANGES.join(', ')}`)
    .argument('[plugin]', 'id of the plugin that gets them; needed for retry and discard')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((verb: string, plugin: string | undefined, options: ClientOptions) =>
      session.run({ json: options.json, id: plugin }, () =>
        run(openClient(session.io, options), verb, plugin),
      ),
    )
}

async function run(client: ApiClient, verb: string, plugin: string | undefined): Promise<Outcome> {
  if (verb === 'list') return await list(client, plugin)
  if (!CHANGES.some((known) => known === verb))
    throw usageError(
      `"${verb}" is not one of list, ${CHANGES.join(', ')}`,
      'Write it like: plugbay events list',
    )
  if (plugin === undefined)
    throw usageError('No plugin is named', `Write it like: plugbay events ${verb} guestbook`)
  const answer = (await client.request('POST', `deliveries/${verb}`, {
    json: { plugin },
  })) as ChangedDeliveries
  const events = answer.count === 1 ? '1 event' : `${answer.count} events`
  const text =
    verb === 'retry' ? `✓ ${events} of ${plugin} go once more` : `✓ ${events} of ${plugin} discarded`
  return { results: [{ id: plugin, ok: true, ...answer }], text }
}

async function list(client: ApiClient, plugin: string | undefined): Promise<Outcome> {
  const found: EventDelivery[] = []
  let cursor: string | null = null
  do {
    const query = new URLSearchParams({
      limit: '200',
      ...(plugin !== undefined && { plugin }),
      ...(cursor !== null && { cursor }),
    })
    const page = (await client.request('GET', `deliveries?${query}`)) as Page<EventDelivery>
    found.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null && found.length < MAX_LISTED)
  const rows = found.map(({ plugin: id, name, state, attempts, time, problem }) => [
    ...[id, name, state, String(attempts), time, problem?.message ?? ''],
  ])
  const text =
    rows.length === 0
      ? 'No durable event waits'
      : table(['PLUGIN', 'EVENT', 'STATE', 'FAILED', 'TIME', 'PROBLEM'], rows)
  return {
    results: found.map(({ problem, ...rest }) => ({
      ok: true,
      ...rest,
      ...(problem !== null && { problem }),
    })),
    text,
  }
}

const MAX_LISTED = 1000

const EXAMPLES = `
Examples:
  $ plugbay events list
  $ plugbay events list guestbook
  $ plugbay events retry guestbook       after its fault was mended
  $ plugbay events discard guestbook`
