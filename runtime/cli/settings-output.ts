// What `plugbay settings` prints: values with their sources, variables, and a template of settings.toml.

import type { HostSettings, Setting, Settings, SettingsProblems } from '../../sdk/api/settings.ts'
import type { FormProperty } from '../../sdk/manifest/form-schema.ts'
import { textIn } from '../../sdk/manifest/text.ts'
import { toText } from '../../sdk/settings/setting-text.ts'
import { PlugbayError } from '../errors.ts'
import type { ApiClient } from './api-client.ts'
import { listInstallations, pluginPath } from './installation.ts'
import { printable } from './io.ts'
import { type Outcome, table } from './output.ts'

interface PluginSettings {
  readonly id: string
  readonly name: string
  readonly settings: Settings
}

export function showOutcome(id: string, settings: Settings): Outcome {
  const rows = Object.entries(settings).map(([key, view]) => [key, valueText(view), sourceText(view)])
  const text = rows.length === 0 ? `"${id}" has no settings` : table(['KEY', 'VALUE', 'FROM'], rows)
  return { results: [{ id, ok: true, settings }], text }
}

export async function listOutcome(client: ApiClient, ids: readonly string[]): Promise<Outcome> {
  const plugins = await readPlugins(client, ids)
  const rows = plugins.flatMap(({ id, settings }) =>
    Object.entries(settings).map(([key, view]) => [id, key, valueText(view), sourceText(view)]),
  )
  return await outcome(client, plugins, table(['PLUGIN', 'KEY', 'VALUE', 'FROM'], rows))
}

export async function envOutcome(client: ApiClient, ids: readonly string[]): Promise<Outcome> {
  const plugins = await readPlugins(client, ids)
  const rows = plugins.flatMap(({ settings }) =>
    Object.values(settings).map((view) => [
      view.variable,
      valueText(view),
      sourceText(view),
      meaningOf(view),
    ]),
  )
  return await outcome(client, plugins, table(['VARIABLE', 'VALUE', 'FROM', 'MEANING'], rows))
}

export async function templateOutcome(client: ApiClient, ids: readonly string[]): Promise<Outcome> {
  const plugins = (await readPlugins(client, ids)).filter(({ settings }) => Object.keys(settings).length > 0)
  // Other commands do without the library.
  const { settingsTemplate } = await import('../settings/settings-template.ts')
  const text = settingsTemplate(plugins)
  return { results: [{ id: 'settings', ok: true, template: text }], text }
}

/** What is wrong with the file and with variables follows the table. */
async function outcome(
  client: ApiClient,
  plugins: readonly PluginSettings[],
  text: string,
): Promise<Outcome> {
  const { problems } = (await client.request('GET', 'settings/problems')) as SettingsProblems
  const notes = problems.map(
    ({ message, hint }) => `! ${printable(message)}${hint === undefined ? '' : `\n  → ${printable(hint)}`}`,
  )
  const empty = plugins.every(({ settings }) => Object.keys(settings).length === 0)
  return {
    results: plugins.map(({ id, settings }) => ({ id, ok: true, settings })),
    text: [empty ? 'No installed plugin has settings' : text, ...notes].join('\n'),
  }
}

async function readPlugins(client: ApiClient, ids: readonly string[]): Promise<readonly PluginSettings[]> {
  const installed = await listInstallations(client)
  const host = (await client.request('GET', 'host/settings')) as HostSettings
  const unknown = ids.find((id) => id !== host.id && !installed.some((plugin) => plugin.id === id))
  if (unknown !== undefined) throw new PlugbayError('PLUGIN_UNKNOWN', `There is no plugin "${unknown}"`)
  const chosen = installed.filter(({ id }) => ids.length === 0 || ids.includes(id))
  const isWanted = Object.keys(host.settings).length > 0 && (ids.length === 0 || ids.includes(host.id))
  const plugins: PluginSettings[] = isWanted ? [{ ...host, name: 'The application' }] : []
  for (const { id, name, releases } of chosen) {
    if (releases.length === 0) continue
    const settings = (await client.request('GET', pluginPath(id, 'settings'))) as Settings
    plugins.push({ id, name, settings })
  }
  return plugins
}

function valueText({ value, source, schema }: Setting): string {
  const property = schema as FormProperty
  if (property.format === 'secret') return source === 'default' ? '–' : '(secret)'
  if (value === null || value === undefined) return '–'
  return typeof value === 'number' ? toText(value, property) : JSON.stringify(value)
}

/** "stored", "file", "plugin (school-pack)". */
function sourceText({ source, from }: Setting): string {
  return source === 'plugin' ? `plugin (${from})` : source
}

const MEANING_SHOWN = 100

function meaningOf({ schema }: Setting): string {
  const { title, description } = schema as FormProperty
  const words = [title, description].flatMap((text) => (text === undefined ? [] : textIn(text, [])))
  const [text = ''] = printable(words.filter(Boolean).join(': ')).split('\n')
  return text.length > MEANING_SHOWN ? `${text.slice(0, MEANING_SHOWN - 1)}…` : text
}
