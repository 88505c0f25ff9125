// plugbay link: a new link that opens the admin page signed in, without a restart.

import type { Command } from 'commander'
import type { Link } from '../../../sdk/api/session.ts'
import { addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { printable } from '../io.ts'
import type { Session } from '../session.ts'

export function addLink(program: Command, session: Session): void {
  const command = program
    .command('link')
    .description('Make a link that opens the admin page signed in; it works once, for ten minutes.')
    .argument('[token]', 'id of another token, as in "plugbay tokens": to let its user in')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((tokenId: string | undefined, options: ClientOptions) => link(session, tokenId, options))
}

async function link(session: Session, tokenId: string | undefined, options: ClientOptions): Promise<void> {
  await session.run({ json: options.json, id: tokenId ?? 'link' }, async () => {
    const client = openClient(session.io, options)
    const json = tokenId === undefined ? {} : { tokenId }
    const made = (await client.request('POST', 'session/link', { json })) as Link
    const { code, name, expiresInSeconds } = made
    const url = `${made.publicUrl ?? client.origin}/admin/#code=${code}`
    const text = `${url}\nIt signs in as "${printable(name)}", once, for ${expiresInSeconds / 60} minutes`
    return { results: [{ id: tokenId ?? 'link', ok: true, url, name, expiresInSeconds }], text }
  })
}

const EXAMPLES = `
Examples:
  $ plugbay link
  $ plugbay link tok_5f0c1a2b --json`
