// plugbay tokens: the credentials of programs and browsers. A secret is printed once, when its token is made.

import type { Command } from 'commander'
import type { NewToken, Token } from '../../../sdk/api/tokens.ts'
import { readDuration } from '../../../sdk/settings/kinds/duration.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { programName } from '../invocation.ts'
import { printable } from '../io.ts'
import { type Outcome, table } from '../output.ts'
import { readPermissions } from '../permission-list.ts'
import { type Session, usageError } from '../session.ts'
import { userNamed } from './users.ts'

const VERBS = ['list', 'add', 'remove'] as const

interface TokensOptions extends ClientOptions {
  readonly permissions?: string
  readonly user?: string
  readonly expires?: string
}

export function addTokens(program: Command, session: Session): void {
  const command = program
    .command('tokens')
    .alias('token')
    .description('List, make and remove tokens; the secret of a new one is printed once.')
    .argument('[verb]', VERBS.join(', '), 'list')
    .argument('[name]', 'add: a name that says what it is for; remove: id of the token')
    .option('--permissions <list>', 'add: what it may do, by commas (default: what its user may)')
    .option('--user <name>', 'add: the user that it belongs to')
    .option('--expires <when>', 'add: a time such as 30d, or a date')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((verb: string, name: string | undefined, options: TokensOptions) =>
      session.run({ json: options.json, id: name ?? 'tokens' }, () =>
        run(openClient(session.io, options), { verb, name, options, program: programName(session.io) }),
      ),
    )
}

interface Asked {
  readonly verb: string
  readonly name: string | undefined
  readonly options: TokensOptions
  /** As it can be typed here. */
  readonly program: string
}

async function run(client: ApiClient, { verb, name, options, program }: Asked): Promise<Outcome> {
  if (!VERBS.some((known) => known === verb))
    throw usageError(
      `"${verb}" is not one of ${VERBS.join(', ')}`,
      'Write it like: plugbay tokens add backup',
    )
  if (verb === 'list') return listed((await client.list('tokens')) as readonly Token[])
  if (name === undefined) throw usageError('No token is named', '"plugbay tokens" lists them')
  if (verb === 'add') return await add(client, name, { ...options, program })
  await client.request('DELETE', `tokens/${encodeURIComponent(name)}`)
  return { results: [{ id: name, ok: true }], text: `The token ${name} was removed, with its sessions` }
}

async function add(
  client: ApiClient,
  name: string,
  options: TokensOptions & Pick<Asked, 'program'>,
): Promise<Outcome> {
  const user = options.user === undefined ? undefined : await userNamed(client, options.user)
  if (options.permissions === undefined && user === undefined)
    throw usageError('Nothing says what the token may do', 'Give --permissions plugins.view, or --user')
  const json = {
    name,
    permissions: options.permissions === undefined ? user?.permissions : readPermissions(options.permissions),
    ...(user !== undefined && { userId: user.id }),
    ...(options.expires !== undefined && { expiresAt: timeOf(options.expires) }),
  }
  const made = (await client.request('POST', 'tokens', { json })) as NewToken
  const text = `${made.token}\nKeep it: it is not shown again. A link that signs a browser in with it: ${options.program} link ${made.id}`
  return { results: [{ ...made, ok: true }], text }
}

/** ISO 8601. Throws USAGE. */
function timeOf(text: string): string {
  const duration = /^\d+$/.test(text) ? undefined : readDuration(text)
  const time = typeof duration === 'number' ? Date.now() + duration : Date.parse(text)
  if (Number.isNaN(time)) throw usageError(`"${text}" is not a time`, 'Write it like 30d, 12h or 2027-01-31')
  return new Date(time).toISOString()
}

function listed(tokens: readonly Token[]): Outcome {
  const rows = tokens.map(({ id, name, permissions, expiresAt, lastUsedAt }) => [
    printable(name),
    permissions.join(',') || '–',
    expiresAt?.slice(0, 10) ?? 'never',
    lastUsedAt?.slice(0, 10) ?? 'never',
    id,
  ])
  const text = table(['NAME', 'PERMISSIONS', 'EXPIRES', 'LAST USED', 'ID'], rows)
  return { results: tokens.map((token) => ({ ...token, ok: true })), text }
}

const EXAMPLES = `
Examples:
  $ plugbay tokens
  $ plugbay tokens add deploy --permissions plugins.manage --expires 90d
  $ plugbay tokens add phone --user ada
  $ plugbay tokens remove tok_5f0c1a2b`
