// plugbay users: who may sign in, and what they may do.

import type { Command } from 'commander'
import type { PasswordLink, User } from '../../../sdk/api/users.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { programName } from '../invocation.ts'
import { printable } from '../io.ts'
import { type Outcome, table } from '../output.ts'
import { readPermissions } from '../permission-list.ts'
import { type Session, usageError } from '../session.ts'

/** What a user is asked to be, by the verbs that change one. */
const CHANGES = {
  disable: { json: { disabled: true }, text: 'cannot sign in any more, and its tokens do not work' },
  enable: { json: { disabled: false }, text: 'can sign in again' },
} as const
const VERBS = ['list', 'add', 'invite', 'reset', 'disable', 'enable', 'sign-out', 'remove'] as const

interface UsersOptions extends ClientOptions {
  readonly permissions: string
}

export function addUsers(program: Command, session: Session): void {
  const command = program
    .command('users')
    .alias('user')
    .description('List, add, invite, disable and remove users; give them links to set a password.')
    .argument('[verb]', VERBS.join(', '), 'list')
    .argument('[name]', 'name of the user')
    .option('--permissions <list>', 'add, invite: what the user may do, by commas', '')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((verb: string, name: string | undefined, options: UsersOptions) =>
      session.run({ json: options.json, id: name ?? 'users' }, () =>
        run(openClient(session.io, options), { verb, name, options, program: programName(session.io) }),
      ),
    )
}

interface Asked {
  readonly verb: string
  readonly name: string | undefined
  readonly options: UsersOptions
  /** As it can be typed here. */
  readonly program: string
}

async function run(client: ApiClient, { verb, name, options, program }: Asked): Promise<Outcome> {
  if (!VERBS.some((known) => known === verb))
    throw usageError(`"${verb}" is not one of ${VERBS.join(', ')}`, 'Write it like: plugbay users add ada')
  if (verb === 'list') return listed((await client.list('users')) as readonly User[])
  if (name === undefined) throw usageError('No user is named', '"plugbay users" lists them')
  if (verb === 'add') {
    const json = { name, permissions: readPermissions(options.permissions) }
    const user = (await client.request('POST', 'users', { json })) as User
    const next = `Let it sign in: ${program} users invite ${printable(name)}`
    return { results: [{ ...user, ok: true }], text: `The user "${printable(name)}" was added\n${next}` }
  }
  if (verb === 'invite') return await linked(client, await addedOrKnown(client, { name, options }))
  const { id } = await userNamed(client, name)
  if (verb === 'reset') return await linked(client, id)
  if (verb === 'sign-out') {
    await client.request('DELETE', `users/${encodeURIComponent(id)}/sessions`)
    return { results: [{ id, name, ok: true }], text: `"${printable(name)}" is signed out everywhere` }
  }
  if (verb === 'disable' || verb === 'enable') {
    const { json, text } = CHANGES[verb]
    const user = (await client.request('PATCH', `users/${encodeURIComponent(id)}`, { json })) as User
    return { results: [{ ...user, ok: true }], text: `"${printable(name)}" ${text}` }
  }
  await client.request('DELETE', `users/${encodeURIComponent(id)}`)
  const text = `The user "${printable(name)}" was removed, with all tokens and sessions`
  return { results: [{ id, name, ok: true }], text }
}

/** Who is invited need not be a user before. */
async function addedOrKnown(
  client: ApiClient,
  { name, options }: { readonly name: string; readonly options: UsersOptions },
): Promise<string> {
  const users = (await client.list('users')) as readonly User[]
  const known = users.find((user) => user.name === name)
  if (known !== undefined && options.permissions === '') return known.id
  const permissions = readPermissions(options.permissions)
  if (known !== undefined) {
    await client.request('PATCH', `users/${encodeURIComponent(known.id)}`, { json: { permissions } })
    return known.id
  }
  return ((await client.request('POST', 'users', { json: { name, permissions } })) as User).id
}

async function linked(client: ApiClient, id: string): Promise<Outcome> {
  const made = (await client.request('POST', `users/${encodeURIComponent(id)}/password-link`)) as PasswordLink
  const { kind, name, expiresAt } = made
  const url = `${made.publicUrl ?? client.origin}${made.path}`
  const text = `${url}\nIt sets the password of "${printable(name)}", once, until ${expiresAt}`
  return { results: [{ id, ok: true, url, name, kind, expiresAt }], text }
}

/** By name, or by id. Throws USAGE. */
export async function userNamed(client: ApiClient, name: string): Promise<User> {
  const users = (await client.list('users')) as readonly User[]
  const found = users.find((user) => user.name === name) ?? users.find((user) => user.id === name)
  if (found === undefined) throw usageError(`There is no user "${name}"`, '"plugbay users" lists them')
  return found
}

function listed(users: readonly User[]): Outcome {
  const rows = users.map(({ id, name, permissions, createdAt, disabled, hasPassword }) => [
    printable(name),
    permissions.join(',') || '–',
    disabled ? 'disabled' : hasPassword ? 'password' : '–',
    createdAt.slice(0, 10),
    id,
  ])
  const text =
    rows.length === 0 ? 'There are no users' : table(['NAME', 'PERMISSIONS', 'SIGN-IN', 'SINCE', 'ID'], rows)
  return { results: users.map((user) => ({ ...user, ok: true })), text }
}

const EXAMPLES = `
Examples:
  $ plugbay users
  $ plugbay users invite ada --permissions plugins.view,tasks.*
  $ plugbay users reset ada
  $ plugbay users disable ada
  $ plugbay users remove ada`
