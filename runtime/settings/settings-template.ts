// The text of a settings.toml in which every setting of the given plugins stands as a comment.
// Invariant: each line is empty, a section or a comment, whatever a manifest says; so the file changes nothing until it is edited.

import { stringify } from 'smol-toml'
import type { Setting } from '../../sdk/api/settings.ts'
import type { FormProperty } from '../../sdk/manifest/form-schema.ts'
import { textIn } from '../../sdk/manifest/text.ts'
import { formatOf } from '../../sdk/settings/formats.ts'
import { toText } from '../../sdk/settings/setting-text.ts'
import { SETTINGS_FILE } from './sections.ts'

export interface DocumentedPlugin {
  readonly id: string
  readonly name: string
  readonly settings: Readonly<Record<string, Setting>>
}

const HEAD = `# Settings of plugins: put this text into ${SETTINGS_FILE} in the data folder, and remove the "#" in front of what you want to set.
# A variable counts for more than this file, this file for more than what is set on the admin page. Changes are live at once.
`

export function settingsTemplate(plugins: readonly DocumentedPlugin[]): string {
  return [HEAD, ...plugins.map(sectionOf)].join('\n')
}

function sectionOf({ id, name, settings }: DocumentedPlugin): string {
  const fields = Object.entries(settings).map(([key, { schema, variable }]) => {
    const property = schema as FormProperty
    const { title, description } = property
    const words = [
      ...commentsOf(
        [title, description]
          .flatMap((text) => (text === undefined ? [] : textIn(text, [])))
          .filter((text) => text !== '')
          .join(': '),
      ),
      ...commentsOf(`${kindOf(property)}. Variable: ${variable}`),
    ]
    return `${words.join('\n')}\n# ${lineOf(key, property)}\n`
  })
  return `${commentsOf(name).join('\n')}\n[${id}]\n\n${fields.join('\n')}`
}

/** The default, or an example where there is none. */
function lineOf(key: string, property: FormProperty): string {
  const { default: preset, format, type, enum: choices } = property
  const row = formatOf(format)
  const empty = { string: '', number: 0, integer: 0, boolean: false, array: [] }[type]
  const example = choices?.[0] ?? row?.example ?? empty
  const value = preset ?? (format === 'secret' ? '' : example)
  const shown = typeof value === 'number' && row?.text !== undefined ? toText(value, property) : value
  return stringify({ [key]: shown })
    .trim()
    .replaceAll('\n', ' ')
}

function kindOf({ type, format, enum: choices, items }: FormProperty): string {
  if (choices !== undefined) return `One of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`
  const words = formatOf(format)?.words ?? { ...WORDS, array: listWords(items?.format) }[type]
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}

const WORDS = { string: 'a text', number: 'a number', integer: 'a whole number', boolean: 'true or false' }

function listWords(format: string | undefined): string {
  const words = formatOf(format)?.words
  return words === undefined ? 'a list of texts' : `a list; an item is ${words}`
}

/** Control characters and marks of direction could end a comment, or show it as something else. */
function commentsOf(text: string): readonly string[] {
  return text
    .split(/\r\n|[\n\r]/)
    .map((line) => `# ${line.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '�')}`.trimEnd())
}
