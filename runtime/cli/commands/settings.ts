// plugbay settings: reads and changes the settings of one plugin.
// Invariant: a secret is never printed; the server does not even send it.

import type { Command } from 'commander'
import type { Settings } from '../../../sdk/api/settings.ts'
import { PlugbayError } from '../../errors.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { pluginPath } from '../installation.ts'
import { type Outcome, table } from '../output.ts'
import { type Session, usageError } from '../session.ts'

export function addSettings(program: Command, session: Session): void {
  const command = program
    .command('settings')
    .description('Show or change the settings of a plugin. A change is live at once.')
    .argument('<id>', 'id of an installed plugin')
    .argument('[verb]', 'get, set or unset (default: get)', 'get')
    .argument('[values...]', 'get: keys · set: key=value · unset: keys')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((id: string, verb: string, values: string[], options: ClientOptions) =>
      session.run({ json: options.json, id }, () =>
        run(openClient(session.io, options), id, { verb, values }),
      ),
    )
}

interface Request {
  readonly verb: string
  readonly values: readonly string[]
}

async function run(client: ApiClient, id: string, request: Request): Promise<Outcome> {
  const { verb, values } = request
  const path = pluginPath(id, 'settings')
  if (verb !== 'get' && verb !== 'set' && verb !== 'unset')
    throw usageError(`"${verb}" is not one of get, set, unset`)
  if (verb === 'get') return show(id, pick((await client.request('GET', path)) as Settings, values, id))
  if (values.length === 0) throw usageError(verb === 'set' ? 'No key=value is given' : 'No key is given')
  const changes =
    verb === 'unset' ? values.map((key) => [key, null] as const) : await readPairs(client, path, values)
  const keys = changes.map(([key]) => key)
  const changed = (await client.request('PATCH', path, { json: Object.fromEntries(changes) })) as Settings
  return show(id, pick(changed, keys, id))
}

function pick(settings: Settings, keys: readonly string[], id: string): Settings {
  if (keys.length === 0) return settings
  return Object.fromEntries(
    keys.map((key) => {
      const view = Object.hasOwn(settings, key) ? settings[key] : undefined
      if (view === undefined) {
        const hint = `It has: ${Object.keys(settings).join(', ') || 'none'}`
        const message = `"${id}" has no setting "${key}"`
        throw new PlugbayError('SETTINGS_INVALID', message, {
          problems: [{ code: 'SETTINGS_INVALID', message, hint }],
        })
      }
      return [key, view]
    }),
  )
}

async function readPairs(
  client: ApiClient,
  path: string,
  pairs: readonly string[],
): Promise<readonly (readonly [string, unknown])[]> {
  const split = pairs.map((pair) => {
    const equals = pair.indexOf('=')
    if (equals < 1) throw usageError(`"${pair}" is not key=value`, 'Write it like folder=backups')
    return [pair.slice(0, equals), pair.slice(equals + 1)] as const
  })
  const settings = (await client.request('GET', path)) as Settings
  return split.map(([key, text]) => {
    const view = Object.hasOwn(settings, key) ? settings[key] : undefined
    return [key, readValue(text, view?.schema)]
  })
}

/** Text as it is when the schema wants text, otherwise JSON if it parses: 5, true, ["a"]. The server validates the value. */
function readValue(text: string, schema: unknown): unknown {
  const type = typeof schema === 'object' && schema !== null && 'type' in schema ? schema.type : undefined
  if (type === 'string') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function show(id: string, settings: Settings): Outcome {
  const rows = Object.entries(settings).map(([key, view]) => [
    key,
    JSON.stringify(view.value) ?? '–',
    view.source,
  ])
  const text = rows.length === 0 ? `"${id}" has no settings` : table(['KEY', 'VALUE', 'FROM'], rows)
  return { results: [{ id, ok: true, settings }], text }
}

const EXAMPLES = `
Examples:
  $ plugbay settings guestbook                           show all
  $ plugbay settings guestbook get title
  $ plugbay settings guestbook set title="Our guests" entriesPerPage=20
  $ plugbay settings guestbook unset title               back to the default`
