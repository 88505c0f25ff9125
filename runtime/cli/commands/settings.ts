// plugbay settings: reads and changes the settings of plugins.
// Invariant: a secret is never printed, and never taken from the command line; the server does not even send it.

import type { Command } from 'commander'
import type { HostSettings, Setting, Settings } from '../../../sdk/api/settings.ts'
import type { FormProperty } from '../../../sdk/manifest/form-schema.ts'
import { fromText } from '../../../sdk/settings/setting-text.ts'
import { PlugbayError } from '../../errors.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { pluginPath } from '../installation.ts'
import type { Io } from '../io.ts'
import type { Outcome } from '../output.ts'
import { readPairs, type TypedPair } from '../secret-pairs.ts'
import { type Session, usageError } from '../session.ts'
import { envOutcome, listOutcome, showOutcome, templateOutcome } from '../settings-output.ts'

const VERBS = ['list', 'show', 'set', 'unset', 'env', 'template'] as const
type Verb = (typeof VERBS)[number]

export function addSettings(program: Command, session: Session): void {
  const command = program
    .command('settings')
    .description('Show or change the settings of plugins and of the application. A change is live at once.')
    .argument('<verb>', VERBS.join(', '))
    .argument(
      '[id]',
      'id of an installed plugin, or of the application; list, env and template take any number of them, or none for all',
    )
    .argument(
      '[values...]',
      'show, unset: keys · set: key=value, or the key of a secret, which is read from standard input',
    )
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((verb: string, id: string | undefined, values: string[], options: ClientOptions) =>
      session.run({ json: options.json, id }, () =>
        run(session.io, openClient(session.io, options), { verb, id, values }),
      ),
    )
}

interface Request {
  readonly verb: string
  readonly id: string | undefined
  readonly values: readonly string[]
}

async function run(io: Io, client: ApiClient, { verb, id, values }: Request): Promise<Outcome> {
  if (!isVerb(verb))
    throw usageError(
      `"${verb}" is not one of ${VERBS.join(', ')}`,
      'Write it like: plugbay settings show guestbook',
    )
  const ids = id === undefined ? [] : [id, ...values]
  if (verb === 'list') return await listOutcome(client, ids)
  if (verb === 'env') return await envOutcome(client, ids)
  if (verb === 'template') return await templateOutcome(client, ids)
  if (id === undefined)
    throw usageError('No plugin is named', `Write it like: plugbay settings ${verb} guestbook`)
  const { path, settings } = await readSettings(client, id)
  if (verb === 'show') return showOutcome(id, pick(settings, values, id))
  if (values.length === 0) throw usageError(verb === 'set' ? 'No key=value is given' : 'No key is given')
  const changes =
    verb === 'unset' ? values.map((key) => [key, null] as const) : await readChanges(io, settings, values)
  const keys = changes.map(([key]) => key)
  const changed = await client.request('PATCH', path, { json: Object.fromEntries(changes) })
  return showOutcome(
    id,
    pick(path === HOST_PATH ? (changed as HostSettings).settings : (changed as Settings), keys, id),
  )
}

const HOST_PATH = 'host/settings'

/** Of a plugin, or of the application: a plugin of its id cannot be installed. */
async function readSettings(
  client: ApiClient,
  id: string,
): Promise<{ readonly path: string; readonly settings: Settings }> {
  const path = pluginPath(id, 'settings')
  try {
    return { path, settings: (await client.request('GET', path)) as Settings }
  } catch (error) {
    if (!(error instanceof PlugbayError) || error.code !== 'PLUGIN_UNKNOWN') throw error
    const host = (await client.request('GET', HOST_PATH)) as HostSettings
    if (host.id !== id) throw error
    return { path: HOST_PATH, settings: host.settings }
  }
}

function isVerb(verb: string): verb is Verb {
  return (VERBS as readonly string[]).includes(verb)
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

/** Text is read by the type of the setting; the server validates the value. */
async function readChanges(
  io: Io,
  settings: Settings,
  values: readonly string[],
): Promise<readonly (readonly [string, unknown])[]> {
  // What is wrong is not repeated: it may be a secret.
  const pairs = values.map((text, index): TypedPair => {
    const equals = text.indexOf('=')
    if (equals === 0 || (equals < 0 && !/^[A-Za-z]\w*$/.test(text))) throw notPair(index)
    return equals < 0 ? { key: text } : { key: text.slice(0, equals), value: text.slice(equals + 1) }
  })
  const schemaOf = (key: string): FormProperty | undefined =>
    Object.hasOwn(settings, key) ? propertyOf(settings[key]) : undefined
  return await readPairs(io, pairs, {
    isSecret: (key) => schemaOf(key)?.format === 'secret',
    notPair,
    parse: (key, text) => {
      const property = schemaOf(key)
      return property === undefined ? text : fromText(text, property)
    },
    removal: '"unset"',
  })
}

function propertyOf(view: Setting | undefined): FormProperty | undefined {
  return view?.schema as FormProperty | undefined
}

function notPair(index: number): PlugbayError {
  return usageError(`Value ${index + 1} is not key=value`, 'Write it like folder=backups')
}

const EXAMPLES = `
Examples:
  $ plugbay settings list                                  of all plugins
  $ plugbay settings show guestbook title
  $ plugbay settings set guestbook title="Our guests" entriesPerPage=20
  $ plugbay settings set guestbook apiKey < key.txt        a secret is read from standard input
  $ plugbay settings unset guestbook title                 back to the default
  $ plugbay settings env                                   the variable of every setting
  $ plugbay settings template > settings.toml              a file with every setting as a comment`
