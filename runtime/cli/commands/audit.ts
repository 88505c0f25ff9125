// plugbay audit: who changed what, newest first.

import { type Command, InvalidArgumentError } from 'commander'
import type { AuditEntry } from '../../../sdk/api/audit.ts'
import { addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { printable } from '../io.ts'
import { table } from '../output.ts'
import type { Session } from '../session.ts'

interface AuditOptions extends ClientOptions {
  readonly limit: number
}

const MOST = 100

export function addAudit(program: Command, session: Session): void {
  const command = program
    .command('audit')
    .description('Print who changed what, newest first.')
    .argument('[subject]', 'only of this plugin, or of the user or token with this id')
    .option('--limit <number>', `how many entries, at most ${MOST}`, readLimit, 20)
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((subject: string | undefined, options: AuditOptions) => audit(session, subject, options))
}

async function audit(session: Session, subject: string | undefined, options: AuditOptions): Promise<void> {
  await session.run({ json: options.json, id: subject ?? 'audit' }, async () => {
    const query = new URLSearchParams({
      limit: String(options.limit),
      ...(subject !== undefined && { subject }),
    })
    const answer = await openClient(session.io, options).request('GET', `audit?${query}`)
    const { items } = answer as { readonly items: readonly AuditEntry[] }
    const rows = items.map(({ time, actor, action, subject: on, detail }) => [
      time.slice(0, 19).replace('T', ' '),
      printable(actor),
      action,
      printable(on),
      printable(Object.keys(detail).length === 0 ? '' : JSON.stringify(detail)),
    ])
    const text =
      rows.length === 0
        ? 'Nothing was changed yet'
        : table(['TIME (UTC)', 'BY', 'ACTION', 'ON', 'DETAIL'], rows)
    return { results: items.map((item) => ({ id: item.subject, ok: true, ...item })), text }
  })
}

function readLimit(text: string): number {
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > MOST) throw new InvalidArgumentError(`Give a whole number from 1 to ${MOST}.`)
  return limit
}

const EXAMPLES = `
Examples:
  $ plugbay audit
  $ plugbay audit guestbook --limit 100
  $ plugbay audit --json`
