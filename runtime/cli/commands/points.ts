// plugbay points: the extension points of a server, the plugins at each, and the operator's order of them.

import type { Command } from 'commander'
import type { ExtensionPoints, PointOrder } from '../../../sdk/api/extension-points.ts'
import { ORDERED_KIND_NAMES } from '../../../sdk/host/point-kinds.ts'
import { PlugbayError } from '../../errors.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { type Outcome, table } from '../output.ts'
import { type Session, usageError } from '../session.ts'

const VERBS = ['list', 'order', 'reset'] as const

export function addPoints(program: Command, session: Session): void {
  const command = program
    .command('points')
    .description(
      'Show where plugins can contribute and which do, or change their order there. A change is live at once.',
    )
    .argument('<verb>', VERBS.join(', '))
    .argument('[kind]', ORDERED_KIND_NAMES.join(', '))
    .argument(
      '[name]',
      'name of the point; for settings, the id of whose settings plugins change; for values, the id of the application',
    )
    .argument('[ids...]', 'order: ids of plugins, first to last; the others follow by priority and id')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(
      (
        verb: string,
        kind: string | undefined,
        name: string | undefined,
        ids: string[],
        options: ClientOptions,
      ) =>
        session.run({ json: options.json, id: name ?? kind }, () =>
          run(openClient(session.io, options), { verb, kind, name, ids }),
        ),
    )
}

interface Request {
  readonly verb: string
  readonly kind: string | undefined
  readonly name: string | undefined
  readonly ids: readonly string[]
}

async function run(client: ApiClient, { verb, kind, name, ids }: Request): Promise<Outcome> {
  if (!VERBS.some((known) => known === verb))
    throw usageError(`"${verb}" is not one of ${VERBS.join(', ')}`, 'Write it like: plugbay points list')
  if (kind !== undefined && !ORDERED_KIND_NAMES.some((known) => known === kind))
    throw usageError(`"${kind}" is not one of ${ORDERED_KIND_NAMES.join(', ')}`)
  if (verb === 'list') return listOutcome(await rowsOf(client), kind)
  if (kind === undefined || name === undefined)
    throw usageError('No point is named', `Write it like: plugbay points ${verb} hooks content.title`)
  if (verb === 'reset' && ids.length > 0)
    throw usageError('"reset" takes no ids', 'To set an order, use "order"')
  if (verb === 'order' && ids.length === 0)
    throw usageError('No plugin is named', 'To go back to the order by priority and id, use "reset"')
  const path = `extension-points/${kind}/${encodeURIComponent(name)}/order`
  const { plugins } = (await client.request('PUT', path, { json: { plugins: ids } })) as PointOrder
  const text =
    plugins.length === 0
      ? `✓ ${kind} ${name}: by priority, then by id`
      : `✓ ${kind} ${name}: ${plugins.join(', ')}, then the others`
  return { results: [{ id: name, ok: true, kind, order: plugins }], text }
}

interface Row {
  readonly kind: string
  readonly name: string
  readonly plugins: readonly string[]
  readonly order: readonly string[]
}

async function rowsOf(client: ApiClient): Promise<readonly Row[]> {
  const { host, items, settings, values } = asExtensionPoints(await client.request('GET', 'extension-points'))
  const ofValues = values.contributors.length + values.order.length === 0 ? [] : [values]
  return [
    ...items,
    ...settings.map(({ of, ...rest }) => ({ kind: 'settings', name: of, ...rest })),
    ...ofValues.map((rest) => ({ kind: 'values', name: host.id, ...rest })),
  ].map(({ kind, name, contributors, order }) => ({
    ...{ kind, name, order },
    plugins: contributors.map(({ plugin }) => plugin),
  }))
}

function listOutcome(all: readonly Row[], kind: string | undefined): Outcome {
  const rows = all.filter((row) => kind === undefined || row.kind === kind)
  const cells = rows.map(({ kind, name, plugins, order }) => [
    ...[kind, name, plugins.join(', ') || '–'],
    order.length === 0 ? 'priority, id' : order.join(', '),
  ])
  const text = rows.length === 0 ? 'There are none' : table(['KIND', 'NAME', 'PLUGINS', 'ORDER'], cells)
  return { results: rows.map(({ name, ...row }) => ({ id: name, ok: true, ...row })), text }
}

function asExtensionPoints(value: unknown): ExtensionPoints {
  const { items, settings, values } = (value ?? {}) as Partial<ExtensionPoints>
  if (Array.isArray(items) && Array.isArray(settings) && values !== undefined) return value as ExtensionPoints
  throw new PlugbayError(
    'SERVER_UNREACHABLE',
    'The server answered in a form that this version of the command line does not know',
  )
}

const EXAMPLES = `
An order is kept while a plugin is away. Of plugins that change the same setting or value, the last in order wins.

Examples:
  $ plugbay points list                                  every point, with its plugins in order
  $ plugbay points list hooks
  $ plugbay points order hooks content.title badges titles
  $ plugbay points order settings library school-pack    what changes settings of "library"
  $ plugbay points reset hooks content.title             by priority, then by id`
