// plugbay patches: the places in templates of the application, and what plugins add there.

import type { Command } from 'commander'
import type { Patches, PatchView } from '../../../sdk/api/templates.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { printable } from '../io.ts'
import { type Outcome, table } from '../output.ts'
import { type Session, usageError } from '../session.ts'

const VERBS = ['list', 'show'] as const

export function addPatches(program: Command, session: Session): void {
  const command = program
    .command('patches')
    .description('Show the places in templates that plugins can add text to, and what they add.')
    .argument('<verb>', VERBS.join(', '))
    .argument('[name]', 'show: name of the place')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((verb: string, name: string | undefined, options: ClientOptions) =>
      session.run({ json: options.json, id: name }, () => run(openClient(session.io, options), verb, name)),
    )
}

async function run(client: ApiClient, verb: string, name: string | undefined): Promise<Outcome> {
  if (!VERBS.some((known) => known === verb))
    throw usageError(`"${verb}" is not one of ${VERBS.join(', ')}`, 'Write it like: plugbay patches list')
  if (verb === 'list') return listOutcome(((await client.request('GET', 'patches')) as Patches).items)
  if (name === undefined)
    throw usageError('No place is named', 'Write it like: plugbay patches show compose-services')
  const patch = (await client.request('GET', `patches/${encodeURIComponent(name)}`)) as PatchView
  const texts = patch.contributors.map(({ plugin, text }) =>
    [`# ${plugin}`, text === null ? '(given by the backend of the plugin)' : text].map(printable).join('\n'),
  )
  return {
    results: [{ id: name, ok: true, ...patch }],
    text: [...patch.uses.map((use) => `used in ${useText(use)}`), ...texts].join('\n') || 'No plugin has one',
  }
}

function listOutcome(items: readonly PatchView[]): Outcome {
  const rows = items.map(({ name, uses, contributors }) => [
    name,
    uses.map(useText).join(', ') || '– (no template has it)',
    contributors.map(({ plugin }) => plugin).join(', ') || '–',
  ])
  return {
    results: items.map(({ name, ...rest }) => ({ id: name, ok: true, ...rest })),
    text: rows.length === 0 ? 'There are none' : table(['PATCH', 'USED IN', 'PLUGINS'], rows),
  }
}

function useText({ file, patch, plugin, line }: PatchView['uses'][number]): string {
  return file === null ? `patch ${patch} of ${plugin}, line ${line}` : `${file}:${line}`
}

const EXAMPLES = `
The order of plugins at a place: plugbay points order patches <name> <ids…>.

Examples:
  $ plugbay patches list
  $ plugbay patches show compose-services`
