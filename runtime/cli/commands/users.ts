// plugbay users: the names that tokens and the audit log refer to, with the permissions that their tokens may have.

import type { Command } from 'commander'
import type { User } from '../../../sdk/api/users.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { printable } from '../io.ts'
import { type Outcome, table } from '../output.ts'
import { readPermissions } from '../permission-list.ts'
import { type Session, usageError } from '../session.ts'

const VERBS = ['list', 'add', 'remove'] as const

interface UsersOptions extends ClientOptions {
  readonly permissions: string
}

export function addUsers(program: Command, session: Session): void {
  const command = program
    .command('users')
    .alias('user')
    .description('List, add and remove users; a user signs in with a token ("plugbay tokens add --user").')
    .argument('[verb]', VERBS.join(', '), 'list')
    .argument('[name]', 'add, remove: name of the user')
    .option('--permissions <list>', 'add: what the tokens of the user may have at most, by commas', '')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((verb: string, name: string | undefined, options: UsersOptions) =>
      session.run({ json: options.json, id: name ?? 'users' }, () =>
        run(openClient(session.io, options), { verb, name, options }),
      ),
    )
}

interface Asked {
  readonly verb: string
  readonly name: string | undefined
  readonly options: UsersOptions
}

async function run(client: ApiClient, { verb, name, options }: Asked): Promise<Outcome> {
  if (!VERBS.some((known) => known === verb))
    throw usageError(`"${verb}" is not one of ${VERBS.join(', ')}`, 'Write it like: plugbay users add ada')
  if (verb === 'list') return listed((await client.list('users')) as readonly User[])
  if (name === undefined) throw usageError('No user is named', 'plugbay users lists them')
  if (verb === 'add') {
    const json = { name, permissions: readPermissions(options.permissions) }
    const user = (await client.request('POST', 'users', { json })) as User
    const next = `It signs in with a token: plugbay tokens add <name> --user ${printable(name)}`
    return { results: [{ ...user, ok: true }], text: `The user "${printable(name)}" was added\n${next}` }
  }
  const { id } = await userNamed(client, name)
  await client.request('DELETE', `users/${encodeURIComponent(id)}`)
  const text = `The user "${printable(name)}" was removed, with all tokens and sessions`
  return { results: [{ id, name, ok: true }], text }
}

/** By name, or by id. Throws USAGE. */
export async function userNamed(client: ApiClient, name: string): Promise<User> {
  const users = (await client.list('users')) as readonly User[]
  const found = users.find((user) => user.name === name) ?? users.find((user) => user.id === name)
  if (found === undefined) throw usageError(`There is no user "${name}"`, 'plugbay users lists them')
  return found
}

function listed(users: readonly User[]): Outcome {
  const rows = users.map(({ id, name, permissions, createdAt }) => [
    printable(name),
    permissions.join(',') || '–',
    createdAt.slice(0, 10),
    id,
  ])
  const text = rows.length === 0 ? 'There are no users' : table(['NAME', 'PERMISSIONS', 'SINCE', 'ID'], rows)
  return { results: users.map((user) => ({ ...user, ok: true })), text }
}

const EXAMPLES = `
Examples:
  $ plugbay users
  $ plugbay users add ada --permissions plugins.view,tasks.*
  $ plugbay users remove ada`
