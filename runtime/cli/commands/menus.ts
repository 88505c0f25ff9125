// plugbay menus: the items of plugins in a menu of the application, and the operator's titles of them.

import type { Command } from 'commander'
import type { ExtensionPoints } from '../../../sdk/api/extension-points.ts'
import type { ListedMenu, ListedMenuItem, MenuTitleChange } from '../../../sdk/api/menus.ts'
import { type Text, textIn } from '../../../sdk/manifest/text.ts'
import { PlugbayError } from '../../errors.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { type Outcome, table } from '../output.ts'
import { type Session, usageError } from '../session.ts'

const VERBS = ['list', 'title', 'reset'] as const

interface Request {
  readonly verb: string
  readonly menu: string | undefined
  readonly plugin: string | undefined
  readonly item: string | undefined
  readonly text: string | undefined
}

export function addMenus(program: Command, session: Session): void {
  const command = program
    .command('menus')
    .description(
      'Show what plugins have in the menus of the application, or give an item another title. A change is live at once.',
    )
    .argument('<verb>', VERBS.join(', '))
    .argument('[menu]', 'name of the menu, such as "events.reporting"')
    .argument('[plugin]', 'title, reset: id of the plugin')
    .argument('[item]', 'title, reset: the item, as "list" shows it')
    .argument('[text]', 'title: the text of the link, or JSON with one for each language')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(
      (
        verb: string,
        menu: string | undefined,
        plugin: string | undefined,
        item: string | undefined,
        text: string | undefined,
        options: ClientOptions,
      ) =>
        session.run({ json: options.json, id: item ?? menu }, () =>
          run(openClient(session.io, options), { verb, menu, plugin, item, text }),
        ),
    )
}

async function run(client: ApiClient, { verb, menu, plugin, item, text }: Request): Promise<Outcome> {
  if (!VERBS.some((known) => known === verb))
    throw usageError(`"${verb}" is not one of ${VERBS.join(', ')}`, 'Write it like: plugbay menus list')
  if (verb === 'list') return listOutcome(await itemsOf(client, menu))
  if (menu === undefined || plugin === undefined || item === undefined)
    throw usageError(
      'No item is named',
      `Write it like: plugbay menus ${verb} events.reporting reports timeline`,
    )
  if ((verb === 'title') !== (text !== undefined))
    throw usageError(
      verb === 'title' ? 'The title is missing' : '"reset" takes no title',
      'To give an item another title, use "title"; to give it back its own, "reset"',
    )
  const change: MenuTitleChange = { plugin, item, title: text === undefined ? null : titleOf(text) }
  await client.request('PUT', `menus/${encodeURIComponent(menu)}/titles`, { json: change })
  const says = change.title === null ? 'has its own title again' : `is "${inOne(change.title)}"`
  return {
    results: [{ id: item, ok: true, menu, ...change }],
    text: `✓ ${menu}: ${item} of ${plugin} ${says}`,
  }
}

function titleOf(text: string): Text {
  if (!text.trimStart().startsWith('{')) return text
  try {
    // The server checks what it is.
    return JSON.parse(text) as Text
  } catch {
    throw usageError('The title is not JSON', 'Write it like: \'{"en": "Loans", "fr": "Prêts"}\'')
  }
}

type Listed = ListedMenuItem & { readonly menu: string }

async function itemsOf(client: ApiClient, menu: string | undefined): Promise<readonly Listed[]> {
  const menus = menu === undefined ? await menusOf(client) : [menu]
  const lists = await Promise.all(
    menus.map(async (name) => {
      const answer = (await client.request(
        'GET',
        `menus/${encodeURIComponent(name)}/items`,
      )) as Partial<ListedMenu>
      if (!Array.isArray(answer?.items)) throw unknownAnswer()
      return answer.items.map((each) => ({ ...each, menu: name }))
    }),
  )
  return lists.flat()
}

async function menusOf(client: ApiClient): Promise<readonly string[]> {
  const { items } = (await client.request('GET', 'extension-points')) as Partial<ExtensionPoints>
  if (!Array.isArray(items)) throw unknownAnswer()
  return items.filter(({ kind }) => kind === 'menus').map(({ name }) => name)
}

function listOutcome(items: readonly Listed[]): Outcome {
  const cells = items.map(({ menu, plugin, item, title, chosen, category }) => [
    ...[menu, category === null ? '–' : inOne(category), plugin, item],
    ...[inOne(title), chosen === null ? '–' : inOne(chosen)],
  ])
  const text =
    items.length === 0
      ? 'There are none'
      : table(['MENU', 'CATEGORY', 'PLUGIN', 'ITEM', 'TITLE', 'SHOWN AS'], cells)
  return { results: items.map(({ item, ...rest }) => ({ id: item, ok: true, ...rest })), text }
}

/** For a line: in English, else in the first language that there is. */
function inOne(text: Text): string {
  return textIn(text, [])
}

function unknownAnswer(): PlugbayError {
  return new PlugbayError(
    'SERVER_UNREACHABLE',
    'The server answered in a form that this version of the command line does not know',
  )
}

const EXAMPLES = `
A title is kept through upgrades of the plugin, and while it is away. The order of plugins in a menu: plugbay points order menus.

Examples:
  $ plugbay menus list                                        all items, with the titles that plugins and operators give them
  $ plugbay menus list events.reporting
  $ plugbay menus title events.reporting reports timeline "Loans by day"
  $ plugbay menus title events.reporting reports timeline '{"en": "Loans by day", "fr": "Prêts par jour"}'
  $ plugbay menus reset events.reporting reports timeline     what the plugin says`
